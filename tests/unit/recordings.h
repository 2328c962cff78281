// SPDX-License-Identifier: BSD-2-Clause
//
// Trace files in memory, for the tests of what reads them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/events.h"
#include "tracer/packed_output.h"
#include "tracer/trace_reader.h"

namespace shmpath {

// A file that is not there.
class TextSource : public TraceSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  std::size_t read(char* there, std::size_t size) override {
    const std::size_t count = text_.copy(there, std::min(size, most), at_);
    at_ += count;
    return count;
  }

 private:
  static constexpr std::size_t most = 1000;  // so that lines come in pieces
  std::string text_;
  std::size_t at_ = 0;
};

struct Recording {
  Header header;
  std::vector<Event> events;
  std::vector<bool> pauses;  // of each event: whether one was before it
  Summary summary;
};

inline Recording read_all(const std::string& text) {
  TraceReader reader(unpack_source(std::make_unique<TextSource>(text), "trace"), "trace");
  Recording read{reader.header(), {}, {}, {}};
  for (TraceEvent line; reader.next(line);) {
    read.events.push_back(line.event);
    read.pauses.push_back(line.after_idle);
  }
  read.summary = reader.summary();
  return read;
}

// What --record writes of it.
inline std::string recorded(const Header& header, const std::vector<Event>& events,
                            const Summary& summary) {
  TextOutput out;
  auto lines = make_jsonl_renderer(out);
  lines->header(header);
  for (const Event& event : events) lines->event(event);
  lines->summary(summary);
  return out.text;
}

// As a file of FILE.zst has it.
inline std::string pack(const std::string& text) {
  struct Kept : Output {
    explicit Kept(std::string& kept) : bytes(kept) {}
    void write(std::string_view more) override { bytes += more; }
    void flush() override {}
    std::string& bytes;
  };
  std::string bytes;
  auto packed = pack_output(std::make_unique<Kept>(bytes));
  packed->write(text);
  packed->end();
  return bytes;
}

}  // namespace shmpath
