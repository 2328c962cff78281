// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/slowness.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "classroom/child.h"
#include "classroom/judge_wire.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

// What these take on a machine of ordinary speed: a virtual one of 2024 with nothing else to do.
constexpr double ordinary_compute_s = 0.020, ordinary_start_s = 0.010;
constexpr int rounds = 20'000'000, programs = 10;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double compute_s() {
  const auto begin = Clock::now();
  std::uint32_t number = 1;
  for (int i = 0; i < rounds; i++) number = number * 1664525 + 1013904223;
  // the loop must not be left out
  volatile std::uint32_t result = number;
  static_cast<void>(result);
  return seconds_since(begin);
}

double start_s() {
  const auto begin = Clock::now();
  for (int i = 0; i < programs; i++) {
    const pid_t pid = start_child({.words = {"/bin/true"}, .environment = {}, .folder = ""});
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  return seconds_since(begin);
}

}  // namespace

double measure_slowness() {
  const double slower = std::max(compute_s() / ordinary_compute_s, start_s() / ordinary_start_s);
  return std::clamp(slower, 1.0, most_slowness);
}

}  // namespace shmpath
