// SPDX-License-Identifier: BSD-2-Clause
//
// What interrupts a trace: a signal that asks us to stop, or the end of a process.
#pragma once

#include <csignal>
#include <iterator>

#include <sys/types.h>

namespace shmpath {

// While it lives, SIGINT, SIGTERM and SIGHUP are noted instead of ending us, and a closed pipe is
// an error of write() instead of a signal. A SIGHUP that was ignored stays so.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[std::size(signals)];
  void (*before_pipe_)(int);
};

// How often we were asked to stop, and by which signal last.
int stops_asked();
int last_stop();

// Lets a process go on that was sent SIGSTOP, which may not have reached it yet: a SIGCONT that
// came first would be lost.
void continue_stopped(pid_t pid);

// The end of a process, as something to wait for. Throws Failure when there is no such process.
class ProcessEnd {
 public:
  explicit ProcessEnd(pid_t pid);
  ~ProcessEnd();
  ProcessEnd(const ProcessEnd&) = delete;
  ProcessEnd& operator=(const ProcessEnd&) = delete;
  // Waits at most that long; whether it has ended.
  bool wait(int ms) const;

 private:
  int fd_;
};

}  // namespace shmpath
