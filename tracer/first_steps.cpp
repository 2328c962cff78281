// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/first_steps.h"

namespace shmpath {

bool FirstSteps::reached(const Event& event) {
  if (event.type == EventType::lost) return true;
  if (event.type == EventType::step) pids_.insert(event.pid);
  if (!pids_.contains(event.pid)) return false;
  if (event.name == "sched_process_fork")
    pids_.insert(static_cast<std::uint32_t>(number_arg(event, "child_pid").value_or(0)));
  if (event.name == "sched_process_exec") pids_.erase(event.pid);
  return true;
}

}  // namespace shmpath
