// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <set>

#include "tracer/event.h"

namespace shmpath {

// Which processes of a lab have reached their first step. How a program is loaded is the same for
// every lab, and not what it is about.
class FirstSteps {
 public:
  // Takes the events in their order. False for one of a process that has not begun its first step;
  // a child begins in the midst of its parent's, and a program that is replaced begins anew.
  bool reached(const Event& event);
  bool has(std::uint32_t pid) const { return pids_.contains(pid); }

 private:
  std::set<std::uint32_t> pids_;
};

}  // namespace shmpath
