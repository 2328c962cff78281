// SPDX-License-Identifier: BSD-2-Clause
//
// The step markers of the traced programs, where ptrace must find them: a marker is a nop of one
// byte, and a breakpoint takes its place. The thread that runs into it stands behind it, so it can
// just go on: nothing has to be put back and stepped over.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "tracer/elf.h"

namespace shmpath {

// By process. A thread of the process must be stopped where one is named.
class Breakpoints {
 public:
  // The process has just become another program: what it had is gone with its memory.
  void plant(pid_t tgid);
  // A new process begins with a copy of its parent's memory, or shares it.
  void inherit(pid_t parent, pid_t child);
  // Before a process is let go, which would die of a breakpoint; by the stopped thread.
  void take_out(pid_t tgid, pid_t stopped);
  // Again, after a child that shares the memory was let go.
  void put_back(pid_t tgid, pid_t stopped);
  void forget(pid_t tgid) { planted_.erase(tgid); }

  // The marker that a thread has run into whose next instruction is at `ip`, or nullptr.
  const Marker* hit(pid_t tgid, std::uint64_t ip) const;

 private:
  std::map<pid_t, std::vector<Marker>> planted_;  // addresses as the process has them
};

}  // namespace shmpath
