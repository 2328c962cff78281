// SPDX-License-Identifier: BSD-2-Clause
//
// Starting programs for the judge, and ending all that they have started.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "tracer/ends.h"

namespace shmpath {

struct ChildPlan {
  std::vector<std::string> words;        // the first is the program's path
  std::vector<std::string> environment;  // NAME=VALUE
  std::string folder;                    // "": ours
  int in = -1, out = -1, error = -1;     // -1: /dev/null
  std::vector<int> keep{};               // what else it inherits
  int when_alone = SIGKILL;              // it gets this when the thread that started it ends
  std::function<void()> before_exec{};   // in the child; what it throws ends the child
};

// In a process group of its own. Throws std::system_error when there is no process to be had.
pid_t start_child(const ChildPlan& plan);

// The same in the child itself, which does not come back.
[[noreturn]] void become_child(const ChildPlan& plan);

// All children of this process, their children, and so on, but for those named, whose children are
// named nonetheless. Whoever wants to see those too whose parents have ended must have adopted them
// (adopt_orphans).
std::vector<pid_t> descendants(const std::vector<pid_t>& but);
void adopt_orphans();

// Kills them, and those that appear meanwhile, for some seconds at most; whether none is left.
bool kill_descendants(const std::vector<pid_t>& but);

}  // namespace shmpath
