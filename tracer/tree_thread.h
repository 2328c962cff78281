// SPDX-License-Identifier: BSD-2-Clause
//
// What the tree remembers of a thread: what is not on the screen yet, and what the next line may
// continue.
#pragma once

#include <cstdint>
#include <optional>

#include "tracer/event.h"
#include "tracer/tree_lines.h"

namespace shmpath {

// A call that was printed on one line, and how many came after it that differ in values only.
struct ShownCall {
  Event entry, ret, last_ret;
  std::uint64_t more = 0;
  // The same call on the same descriptor or address, with the same outcome: a loop.
  bool repeated_by(const Event& now, const Event& now_ret) const;
};

struct ShownFault {
  Fault fault;
  std::uint64_t more = 0;  // how many like it came since
};

struct ThreadLines {
  std::uint32_t pid = 0;
  bool ended = false;          // at its sched_process_exit; the kernel has more to do for it
  std::optional<Event> entry;  // may yet be joined by its return
  std::optional<Fault> fault;  // being collected
  PointGroup loose;            // points outside a fault
  std::optional<ShownCall> shown_call;
  std::optional<ShownFault> shown_fault;
  ShownPath path;
};

}  // namespace shmpath
