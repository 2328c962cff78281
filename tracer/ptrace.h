// SPDX-License-Identifier: BSD-2-Clause
//
// ptrace(2), one call at a time: the words of the manual page with types. What fails because the
// thread has just been killed is no error here: its end is reported next.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "bpf/event.h"

namespace shmpath {

// A thread that stands at the entry or at the return of a system call.
struct SyscallStop {
  bool entry = false;
  bool compat = false;  // a 32-bit call
  std::uint32_t number = 0;
  std::array<std::uint64_t, MAX_CALL_ARGS> args{};  // at the entry
  std::int64_t ret = 0;                             // at the return
};

// Reads from a process what can be read from this address on; returns how many bytes.
using ReadMemory =
    std::function<std::size_t(pid_t tid, std::uint64_t address, std::span<char> into)>;

namespace ptraced {

// Becomes the tracer of the thread, which goes on running. Returns an errno, 0 when it worked.
int seize(pid_t tid, bool kill_with_us);
void interrupt(pid_t tid);
// Goes on to the next system call, with that signal (0: none).
void resume(pid_t tid, int signal);
// Stays stopped as a job control stop wants, until SIGCONT.
void listen(pid_t tid);
void detach(pid_t tid, int signal);

// Of a stopped thread. Nothing, and errno, when the kernel does not say.
std::optional<SyscallStop> syscall_stop(pid_t tid);
std::uint64_t event_message(pid_t tid);
std::optional<user_regs_struct> registers(pid_t tid);
std::size_t read_memory(pid_t tid, std::uint64_t address, std::span<char> into);
// Replaces one byte of code; false when it is not `from`.
bool replace_byte(pid_t tid, std::uint64_t address, unsigned char from, unsigned char to);

}  // namespace ptraced

}  // namespace shmpath
