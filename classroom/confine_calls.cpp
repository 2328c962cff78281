// SPDX-License-Identifier: BSD-2-Clause
//
// The filter is written out: libseccomp would be one more library for this one list.
#include "classroom/confine_calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <vector>

namespace shmpath {
namespace {

// From capabilities(7), CAP_SYS_ADMIN, and io_uring, whose calls no filter sees.
constexpr unsigned powerful[] = {
    SYS_mount,          SYS_umount2,     SYS_pivot_root,   SYS_chroot,          SYS_move_mount,
    SYS_open_tree,      SYS_fsopen,      SYS_fsconfig,     SYS_fsmount,         SYS_fspick,
    SYS_unshare,        SYS_setns,       SYS_bpf,          SYS_perf_event_open, SYS_swapon,
    SYS_swapoff,        SYS_quotactl,    SYS_sethostname,  SYS_setdomainname,   SYS_syslog,
    SYS_keyctl,         SYS_add_key,     SYS_request_key,  SYS_fanotify_init,   SYS_ptrace,
    SYS_io_uring_setup, SYS_userfaultfd, SYS_acct,         SYS_setxattr,        SYS_lsetxattr,
    SYS_fsetxattr,      SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef SYS_quotactl_fd
    SYS_quotactl_fd,
#endif
};

constexpr unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr unsigned own_architecture =
#ifdef __x86_64__
    AUDIT_ARCH_X86_64;
#else
    AUDIT_ARCH_AARCH64;
#endif

using Filter = std::vector<sock_filter>;

void load(Filter& filter, std::size_t offset) {
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)));
}

void answer(Filter& filter, unsigned value) { filter.push_back(BPF_STMT(BPF_RET | BPF_K, value)); }

// Skips the next instruction unless what was loaded compares so.
void unless_skip(Filter& filter, unsigned short comparison, unsigned value) {
  filter.push_back(
      BPF_JUMP(static_cast<unsigned short>(BPF_JMP | comparison | BPF_K), value, 0, 1));
}

Filter make_filter() {
  constexpr unsigned refused = SECCOMP_RET_ERRNO | EPERM, absent = SECCOMP_RET_ERRNO | ENOSYS;
  Filter filter;
  load(filter, offsetof(seccomp_data, arch));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0));
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  load(filter, offsetof(seccomp_data, nr));
  unless_skip(filter, BPF_JGE, 0x40000000);  // x32, whose numbers are others
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  for (const unsigned call : powerful) {
    unless_skip(filter, BPF_JEQ, call);
    answer(filter, refused);
  }
  unless_skip(filter, BPF_JEQ, SYS_clone3);  // its flags lie in memory; the C library has clone
  answer(filter, absent);
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
  load(filter, offsetof(seccomp_data, args[0]));
  unless_skip(filter, BPF_JSET, namespaces);
  answer(filter, refused);
  answer(filter, SECCOMP_RET_ALLOW);
  return filter;
}

}  // namespace

void refuse_powerful_calls() {
  Filter filter = make_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    throw std::system_error(errno, std::generic_category(), "PR_SET_SECCOMP");
}

}  // namespace shmpath
