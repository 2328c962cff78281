// SPDX-License-Identifier: BSD-2-Clause
//
// What a test asks about a process that is not its own child.
#pragma once

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>

#include "tests/live/support.h"

namespace live {

// The process id that a program of tests/targets says: "ready 4711".
inline pid_t said_pid(const std::string& output) {
  return static_cast<pid_t>(std::atoi(output.c_str() + output.find("ready ") + 6));
}

// A line of /proc/PID/status.
inline std::string status_line(pid_t pid, const std::string& name) {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name)) return line;
  return "";
}

// Within five seconds.
template <typename Condition>
bool comes_true(Condition condition) {
  for (int tries = 0; tries < 500; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline bool gone(pid_t pid) {
  return comes_true([&] {
    const std::string state = status_line(pid, "State:");
    return state.empty() || state.find("Z (zombie)") != std::string::npos;
  });
}

}  // namespace live
