// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/ptrace.h"

#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace shmpath::ptraced {
namespace {

constexpr std::uint32_t native_arch = AUDIT_ARCH_X86_64;

template <typename Data>
long call(int request, pid_t tid, std::uint64_t address, Data data) {
  return ptrace(static_cast<__ptrace_request>(request), tid, reinterpret_cast<void*>(address),
                data);
}

}  // namespace

int seize(pid_t tid, bool kill_with_us) {
  std::uint64_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
  if (kill_with_us) options |= PTRACE_O_EXITKILL;
  return call(PTRACE_SEIZE, tid, 0, options) ? errno : 0;
}

void interrupt(pid_t tid) { call(PTRACE_INTERRUPT, tid, 0, 0L); }
void resume(pid_t tid, int signal) { call(PTRACE_SYSCALL, tid, 0, long{signal}); }
void listen(pid_t tid) { call(PTRACE_LISTEN, tid, 0, 0L); }
void detach(pid_t tid, int signal) { call(PTRACE_DETACH, tid, 0, long{signal}); }

std::optional<SyscallStop> syscall_stop(pid_t tid) {
  __ptrace_syscall_info info{};
  if (call(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0) return std::nullopt;
  SyscallStop stop;
  stop.compat = info.arch != native_arch;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    stop.entry = true;
    stop.number = static_cast<std::uint32_t>(info.entry.nr);
    std::copy_n(info.entry.args, stop.args.size(), stop.args.begin());
    return stop;
  }
  if (info.op != PTRACE_SYSCALL_INFO_EXIT) {
    errno = EINVAL;
    return std::nullopt;
  }
  stop.ret = info.exit.rval;
  return stop;
}

std::uint64_t event_message(pid_t tid) {
  unsigned long message = 0;
  call(PTRACE_GETEVENTMSG, tid, 0, &message);
  return message;
}

std::optional<user_regs_struct> registers(pid_t tid) {
  user_regs_struct regs{};
  if (call(PTRACE_GETREGS, tid, 0, &regs)) return std::nullopt;
  return regs;
}

// A piece ends where its page does: what the kernel copies, it copies by whole pieces.
std::size_t read_memory(pid_t tid, std::uint64_t address, std::span<char> into) {
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::size_t first = std::min<std::size_t>(into.size(), page - address % page);
  iovec here{into.data(), into.size()};
  iovec there[] = {{reinterpret_cast<void*>(address), first},
                   {reinterpret_cast<void*>(address + first), into.size() - first}};
  ssize_t got = process_vm_readv(tid, &here, 1, there, first < into.size() ? 2 : 1, 0);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

bool replace_byte(pid_t tid, std::uint64_t address, unsigned char from, unsigned char to) {
  std::uint64_t start = address & ~std::uint64_t{sizeof(long) - 1};  // within one page
  errno = 0;
  long word = call(PTRACE_PEEKTEXT, tid, start, 0L);
  if (word == -1 && errno) return false;
  auto* byte = reinterpret_cast<unsigned char*>(&word) + (address - start);
  if (*byte != from) return false;
  *byte = to;
  return call(PTRACE_POKETEXT, tid, start, word) == 0;
}

}  // namespace shmpath::ptraced
