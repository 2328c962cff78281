// SPDX-License-Identifier: BSD-2-Clause
//
// The trace file (docs/trace-format.md), back into what it was written from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tracer/render.h"
#include "tracer/trace_parser.h"
#include "tracer/trace_source.h"

namespace shmpath {

// The longest is the header, of a long command.
inline constexpr std::size_t longest_trace_line = 16 << 20;

// Reads a trace file line by line. It may come from anybody: all its text is made safe to print,
// and what is no trace is refused, by file and line. Fields and types of line that are not known
// are passed over.
class TraceReader {
 public:
  // Reads the header. `name` is how failures call the file. Throws Failure.
  TraceReader(std::unique_ptr<TraceSource> source, std::string name);
  ~TraceReader();
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;

  const Header& header() const { return header_; }
  // The next event; false once the summary was read and is the last line. Throws Failure, also for
  // a file that ends without one.
  bool next(TraceEvent& into);
  // Once next() gave nothing.
  const Summary& summary() const { return summary_; }

  // Refuses the line that was read last, "cannot read FILE:LINE: reason; remedy".
  [[noreturn]] void fail(const std::string& reason,
                         const std::string& remedy = "record it again") const;

 private:
  class Lines;
  template <typename Parse>
  void guarded(Parse parse) const;
  [[noreturn]] void fail_too_long() const;
  [[noreturn]] void fail_cut_off(bool torn) const;
  void end();

  std::string name_;
  std::unique_ptr<Lines> lines_;
  std::unique_ptr<TraceParser> parser_;
  Header header_;
  Summary summary_;
  std::uint64_t events_ = 0;
};

}  // namespace shmpath
