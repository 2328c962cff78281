// SPDX-License-Identifier: BSD-2-Clause
//
// The threads that are traced by ptrace(2): who there is, and what each stop of one means. Linux's
// own manual page is the reference: PTRACE_SEIZE, group-stops and the events are as it has them.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>

#include "tracer/breakpoints.h"
#include "tracer/marker_args.h"
#include "tracer/proc.h"
#include "tracer/ptrace_records.h"

namespace shmpath {

struct TraceeOptions {
  bool follow = true;        // processes that a traced one starts are traced too
  bool kill_with_us = true;  // when we die: for what we started; nothing else dies with us
  bool steps = true;         // plant breakpoints on the step markers of what is executed
};

// Stops become records, and the thread goes on. While a record is handed to the sink, the thread
// that it is of stands still.
class Tracees {
 public:
  Tracees(const TraceeOptions& options, RecordSink sink);

  // A child of ours that waits: its execve is the first that is recorded. Throws Failure.
  void add_held(pid_t pid);
  // A running process with all its threads. Throws Failure.
  void add_running(pid_t pid);

  // Deals with one stop or end, if there is one. False when there was none for so long, or a signal
  // came. SIGCHLD must be blocked.
  bool wait(int ms);
  // Lets all go, as they were. Returns when the last has gone.
  void release_all();

  bool alive(pid_t tgid) const { return processes_.contains(tgid); }
  std::vector<pid_t> processes() const;
  // How the process ended, as wait(2) gives it, once it has.
  std::optional<int> end_of(pid_t tgid) const;

 private:
  struct Task {
    pid_t tgid = 0;
    bool held = false;      // nothing is recorded before its execve
    bool leaving = false;   // its end has been recorded
    bool let_go = false;    // is not to be traced: released at its first stop
    bool put_back = false;  // its breakpoints are out while a child shares its memory
  };
  struct Process {
    FaultCounts counted;  // page faults up to the last record of them
  };

  Task& add(pid_t tid, pid_t tgid);
  void dispatch(pid_t tid, int status);
  void stopped(pid_t tid, Task& task, int status);
  void event(pid_t tid, Task& task, int event);
  void signalled(pid_t tid, Task& task, int signal);
  void at_syscall(pid_t tid, Task& task);
  bool at_marker(pid_t tid, const Task& task);
  void born(pid_t parent, Task& task, int event);
  void adopt(pid_t tid, pid_t tgid);
  void adopt_early();
  void replaced(pid_t tid);
  void leaving(pid_t tid, Task& task, std::uint32_t exit_code);
  void ended(pid_t tid, int status);
  void record_faults(pid_t tid, pid_t tgid);
  void release(pid_t tid, const Task& task, int signal);
  void release_stopped(pid_t tid, Task& task, int status);

  TraceeOptions options_;
  RecordWriter writer_;
  Breakpoints breakpoints_;
  std::map<pid_t, Task> tasks_;  // by tid
  std::map<pid_t, Process> processes_;
  std::map<pid_t, int> early_;  // first stops that came before the news of the birth
  std::map<pid_t, int> ends_;
  bool releasing_ = false;
};

}  // namespace shmpath
