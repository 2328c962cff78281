// SPDX-License-Identifier: BSD-2-Clause
//
// What host and guest tell each other on the VM's control port: one message a line, a word and
// decimal numbers, and for `failed` a text. Root in the guest can write to that port, so the host
// takes a line for a message only when every number is in its bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

enum class GuestWord {
  hello,      // guest: milliseconds since its kernel began; the agent is there
  exit,       // guest: status, signal, bytes of standard output, of standard error, of the trace,
              // of the recording
  failed,     // guest: exit status, then the failure's text
  heard,      // guest: the signal that was passed on
  signal,     // host: pass this signal on to the command
  window,     // host: the terminal has so many rows and columns now
  input_end,  // host: standard input ends after so many bytes
  unread,     // host: nobody reads this stream any more (1 output, 2 error)
};

struct GuestMessage {
  GuestWord word;
  std::vector<std::uint64_t> numbers;
  std::string text{};  // of `failed`
};

std::string encode_message(const GuestMessage& message);            // with its line end
std::optional<GuestMessage> decode_message(std::string_view line);  // without it

// Cuts what arrives into lines. A line longer than any message is dropped as it comes.
class LineReader {
 public:
  void add(std::string_view bytes) { held_ += bytes; }
  std::optional<std::string> next();

 private:
  std::string held_;
  bool dropping_ = false;
};

}  // namespace shmpath
