// SPDX-License-Identifier: BSD-2-Clause
//
// What goes between whoever wants something judged and the judge: messages, each one line of JSON
// and then the bytes that the line announces. Nothing in a report is believed, for the judge may
// stand in a VM that a submission has taken over: each length and number has its bounds.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "classroom/judge.h"

namespace shmpath {

inline constexpr std::size_t most_line_bytes = 1 << 20;
inline constexpr std::size_t most_message_bytes = std::size_t{160} << 20;
inline constexpr std::size_t most_said_bytes = 16 << 10;
inline constexpr std::size_t most_run_output = 1 << 20;
inline constexpr std::size_t most_trace_bytes = std::size_t{64} << 20;
inline constexpr std::size_t most_left = 1000;
inline constexpr double most_slowness = 50;

struct WireMessage {
  nlohmann::json head;
  std::vector<std::string> blobs;
};

// Takes bytes as they come, and gives whole messages. Throws Failure for what is none.
class WireReader {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  std::optional<WireMessage> next();

 private:
  std::string bytes_;
  std::optional<WireMessage> begun_;  // its line is here
  std::vector<std::size_t> lengths_;  // of its blobs
  std::size_t total_ = 0;
};

// The judge's first message: how slow its machine is, measured before any submission ran there.
std::string encode_hello(double slowness);
std::string encode_job(const JudgeJob& job);
std::string encode_report(const JudgeReport& report);

// These throw Failure for what is not such a message. A report is about that job: it has an output
// of each run, and of none else.
double decode_hello(const WireMessage& message);
JudgeJob decode_job(const WireMessage& message);
JudgeReport decode_report(const WireMessage& message, const JudgeJob& job);

// Without control characters but line ends, and not longer than that.
std::string printable(std::string_view text, std::size_t most_bytes);

}  // namespace shmpath
