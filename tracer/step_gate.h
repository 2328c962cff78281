// SPDX-License-Identifier: BSD-2-Clause
//
// What a view asks when a lab is run in steps. How a process is stopped at its step, and let go,
// is the view's own matter.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>

namespace shmpath {

class StepGate {
 public:
  virtual ~StepGate() = default;
  // The process is to run this program of the lab.
  virtual void begins(pid_t pid, std::size_t program) = 0;
  // Whether a process is to be stopped at its next step.
  virtual bool pauses() const = 0;
  // Shows what has come to its end and asks about the steps that were reached, which may take as
  // long as the reader likes. `go_on` is called for each process that was stopped
  // (Event::stopped), once it may go on. To be called often: it reads what the lab prints.
  virtual void settle(const std::function<void(pid_t)>& go_on) = 0;
  // The reader wants no more: the lab runs to its end, unseen.
  virtual void leave() = 0;
  virtual bool left() const = 0;
};

}  // namespace shmpath
