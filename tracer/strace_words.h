// SPDX-License-Identifier: BSD-2-Clause
//
// One system call in strace's words. What strace reads from the process and the trace does not have
// (buffers, most structures) is shown as its address.
#pragma once

#include <string>
#include <string_view>

#include "tracer/event.h"

namespace shmpath {

// The arguments as strace has them, `, ` between them. `before` ends where strace waits for the
// call to return: at the structure that the call fills.
struct StraceArgs {
  std::string before, after;
};
StraceArgs strace_args(const Event& entry);

// The same once the call has returned: the structure instead of its address, where it was filled.
StraceArgs strace_args(const Event& entry, const Event& ret);

// openat, syscall_0x14f
std::string strace_name(std::string_view name);

// "3", "-1 ENOENT (No such file or directory)", "0x1 (flags FD_CLOEXEC)", "?"
std::string strace_result(const Event& entry, const Event& ret);

// "SIGKILL", "SIGRT_2"
std::string strace_signal(std::uint64_t number);

// A comment of C, of one line: what would end it, or the line, is taken apart.
std::string strace_comment(std::string_view text);

}  // namespace shmpath
