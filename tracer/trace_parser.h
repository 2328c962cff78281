// SPDX-License-Identifier: BSD-2-Clause
//
// One line of a trace file, from JSON to what it says. The text in what it gives is safe to print.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tracer/event.h"
#include "tracer/render.h"

namespace shmpath {

// What is wrong with a line. The reason has no text of the line's own that was not made safe.
struct BadTrace {
  std::string reason, remedy;
};

struct TraceEvent {
  Event event;
  bool after_idle = false;  // nothing came for a while before it
};

enum class TraceLine { header, event, summary, unknown };

// So many bytes behind a line must be readable; they are not looked at.
inline constexpr std::size_t parser_padding = 64;

// Stacks that are the same are one object. Throws BadTrace.
class TraceParser {
 public:
  TraceParser();
  ~TraceParser();
  TraceParser(const TraceParser&) = delete;
  TraceParser& operator=(const TraceParser&) = delete;

  // What kind of line it is. The one of these that fits then gives what it says.
  TraceLine parse(std::string_view line);
  Header header();
  void event(TraceEvent& into);
  Summary summary();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shmpath
