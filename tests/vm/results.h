// SPDX-License-Identifier: BSD-2-Clause
//
// What collect.sh saw in one boot of a kernel of the matrix. The kernel is that of the environment
// variable SHMPATH_TEST_KERNEL, which ctest sets.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/live/support.h"

namespace vm {

std::string kernel();               // 5.10, 6.1, 6.12 or newest
std::filesystem::path vm_folder();  // build/vm

// The numbers of all labs: "01", "02", ...
std::vector<std::string> labs();

// A command of collect.sh. Fails the running test when the boot left no such result.
live::Outcome result(const std::string& name);

// The trace of a command, read back; fails the running test unless it is well formed.
live::Trace trace(const std::string& name);

// One line of what `check` prints of a step.
struct Finding {
  std::string program;  // of the lab
  std::string step;     // its number and text
  std::string layer, name, status;
};
std::vector<Finding> findings(const std::string& checked);

// The entries of tests/vm/absent.txt (function) or unseen.txt (lab program name) for this kernel.
std::set<std::string> excused(const std::string& file);

}  // namespace vm
