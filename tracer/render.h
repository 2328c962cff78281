// SPDX-License-Identifier: BSD-2-Clause
//
// What every way of showing a trace has in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tracer/event.h"
#include "tracer/path.h"

namespace shmpath {

inline constexpr const char* trace_format = "shmpath.trace/1";  // of the trace file

struct MissingProbe {
  std::string name, reason;
  bool by_nature = false;  // this kernel has no such function, or keeps probes out of it
};

struct Header {
  std::string kernel, machine;  // uname's release and machine
  std::string place, view;      // "host", "tracepoints"
  std::string why;              // why not a better view
  std::string lab;              // "01-posix-shm", "" when no lab is traced
  std::vector<std::string> command;
  std::size_t attached = 0;
  std::vector<MissingProbe> missing;
};

// The words of a header's `command`.
std::vector<std::string> command_words(const std::vector<std::vector<std::string>>& commands);

struct Summary {
  PathCounts counts;
  std::uint64_t missed = 0;       // probes that fired but could not run (recursion)
  int exit_code = -1;             // -1: the target did not exit under the trace
  int signal = 0;                 // that ended it
  std::uint64_t late_probes = 0;  // programs with a C library of their own that began unprobed
  bool other_gaps = false;  // a recording that says it is incomplete and not in what we know of
  std::string cut_off;      // why a recording ends early; "" when it is whole
  bool complete() const {
    return counts.lost + counts.unmatched + counts.unread + counts.no_stack + missed +
                   late_probes ==
               0 &&
           !other_gaps && cut_off.empty();
  }
};

// What keeps a trace from being complete: "3 events lost, 1 string unread"; "" when it is.
std::string gaps_text(const Summary& summary);

// Where the text goes. Throws Failure when it cannot be written.
class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view text) = 0;
  virtual void flush() = 0;
  // Nothing more comes: what is there is whole.
  virtual void end() { flush(); }
};

class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual void header(const Header& header) = 0;
  virtual void event(const Event& event) = 0;
  // The last call, also for a recording that is cut off (Summary::cut_off).
  virtual void summary(const Summary& summary) = 0;
  // The reader has caught up: what is finished should be seen.
  virtual void flush() {}
  // Nothing came for a while: what is held back should be seen too.
  virtual void idle() { flush(); }
};

struct TreeStyle {
  bool colour = false;
  bool from_first_step = false;  // a process is shown from its first step marker on
};

std::unique_ptr<Renderer> make_tree_renderer(Output& out, const TreeStyle& style);
std::unique_ptr<Renderer> make_jsonl_renderer(Output& out);
std::unique_ptr<Renderer> make_strace_renderer(Output& out);
std::unique_ptr<Renderer> make_perfetto_renderer(Output& out);

}  // namespace shmpath
