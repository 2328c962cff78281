// SPDX-License-Identifier: BSD-2-Clause
//
// System calls on processes, threads, signals and credentials. Arguments as in
// man section 2.
#include "tracer/flags_file.h"
#include "tracer/flags_process.h"

namespace shmpath {

namespace {

// The kernel's order, which is not that of glibc's wrapper (clone(2), "C library/kernel
// differences"): arm64 has the last two exchanged (CONFIG_CLONE_BACKWARDS).
#if defined(__aarch64__)
constexpr std::int8_t tls_register = 3, child_tid_register = 4;
#else
constexpr std::int8_t child_tid_register = 3, tls_register = 4;
#endif

const std::vector<ArgSpec> clone_args = {
    long_flags("flags", clone_flags),
    address("stack"),
    only_with("CLONE_PARENT_SETTID|CLONE_PIDFD", address("parent_tid")),
    at(child_tid_register,
       only_with("CLONE_CHILD_SETTID|CLONE_CHILD_CLEARTID", address("child_tid"))),
    at(tls_register, only_with("CLONE_SETTLS", address("tls"))),
};

constexpr std::string_view futex_with_timeout =
    "FUTEX_WAIT|FUTEX_WAIT_PRIVATE|FUTEX_WAIT_BITSET|FUTEX_WAIT_BITSET_PRIVATE|FUTEX_LOCK_PI|"
    "FUTEX_LOCK_PI_PRIVATE|FUTEX_LOCK_PI2|FUTEX_LOCK_PI2_PRIVATE|FUTEX_WAIT_REQUEUE_PI|"
    "FUTEX_WAIT_REQUEUE_PI_PRIVATE";
constexpr std::string_view futex_with_val2 =
    "FUTEX_REQUEUE|FUTEX_REQUEUE_PRIVATE|FUTEX_CMP_REQUEUE|FUTEX_CMP_REQUEUE_PRIVATE|"
    "FUTEX_WAKE_OP|FUTEX_WAKE_OP_PRIVATE|FUTEX_CMP_REQUEUE_PI|FUTEX_CMP_REQUEUE_PI_PRIVATE";
constexpr std::string_view futex_with_uaddr2 =
    "FUTEX_REQUEUE|FUTEX_REQUEUE_PRIVATE|FUTEX_CMP_REQUEUE|FUTEX_CMP_REQUEUE_PRIVATE|"
    "FUTEX_WAKE_OP|FUTEX_WAKE_OP_PRIVATE|FUTEX_CMP_REQUEUE_PI|FUTEX_CMP_REQUEUE_PI_PRIVATE|"
    "FUTEX_WAIT_REQUEUE_PI|FUTEX_WAIT_REQUEUE_PI_PRIVATE";
constexpr std::string_view futex_with_val3 =
    "FUTEX_CMP_REQUEUE|FUTEX_CMP_REQUEUE_PRIVATE|FUTEX_WAKE_OP|FUTEX_WAKE_OP_PRIVATE|"
    "FUTEX_WAIT_BITSET|FUTEX_WAIT_BITSET_PRIVATE|FUTEX_WAKE_BITSET|FUTEX_WAKE_BITSET_PRIVATE|"
    "FUTEX_CMP_REQUEUE_PI|FUTEX_CMP_REQUEUE_PI_PRIVATE";

const std::vector<ArgSpec> futex_args = {
    address("uaddr"),
    flags("futex_op", futex_operations),
    unsigned_integer("val"),
    at(3, only_with(futex_with_timeout, address("timeout"))),
    at(3, only_with(futex_with_val2, unsigned_integer("val2"))),
    at(4, only_with(futex_with_uaddr2, address("uaddr2"))),
    at(5, only_with(futex_with_val3, hex32("val3"))),
};

const std::vector<CallSpec> calls = {
    {"execve", {text("pathname"), address("argv"), address("envp")}},
    {"execveat",
     {fd("dirfd"), text("pathname"), address("argv"), address("envp"),
      flags("flags", exec_at_flags)}},
    {"exit", {integer("status")}, RetKind::number, false},
    {"exit_group", {integer("status")}, RetKind::number, false},
    {"fork", {}},
    {"vfork", {}},
    {"clone", clone_args},
    {"clone3", {address("cl_args"), size("size")}},
    {"wait4",
     {integer("pid"), address("wstatus"), flags("options", wait_options), address("rusage")}},
    {"waitid",
     {choice("idtype", wait_id_types), integer("id"), address("infop"),
      flags("options", wait_options), address("rusage")}},

    {"kill", {integer("pid"), choice("sig", signals)}},
    {"tkill", {integer("tid"), choice("sig", signals)}},
    {"tgkill", {integer("tgid"), integer("tid"), choice("sig", signals)}},
    {"rt_sigaction",
     {choice("signum", signals), address("act"), address("oldact"), size("sigsetsize")}},
    {"rt_sigprocmask",
     {choice("how", sigprocmask_ways), address("set"), address("oldset"), size("sigsetsize")}},
    {"rt_sigreturn", {}},
    {"rt_sigsuspend", {address("mask"), size("sigsetsize")}},
    {"sigaltstack", {address("ss"), address("old_ss")}},
    {"pause", {}},

    {"getpid", {}},
    {"getppid", {}},
    {"gettid", {}},
    {"getpgrp", {}},
    {"getpgid", {integer("pid")}},
    {"getsid", {integer("pid")}},
    {"setpgid", {integer("pid"), integer("pgid")}},
    {"setsid", {}},
    {"getuid", {}},
    {"geteuid", {}},
    {"getgid", {}},
    {"getegid", {}},
    {"getgroups", {integer("size"), address("list")}},
    {"setgroups", {size("size"), address("list")}},
    {"setuid", {id("uid")}},
    {"setgid", {id("gid")}},
    {"setreuid", {id("ruid"), id("euid")}},
    {"setregid", {id("rgid"), id("egid")}},
    {"setresuid", {id("ruid"), id("euid"), id("suid")}},
    {"setresgid", {id("rgid"), id("egid"), id("sgid")}},
    {"setfsuid", {id("fsuid")}},
    {"setfsgid", {id("fsgid")}},
    {"getresuid", {address("ruid"), address("euid"), address("suid")}},
    {"getresgid", {address("rgid"), address("egid"), address("sgid")}},

    {"set_tid_address", {address("tidptr")}},
    {"set_robust_list", {address("head"), size("len")}},
    {"get_robust_list", {integer("pid"), address("head_ptr"), address("len_ptr")}},
    {"rseq",
     {address("rseq"), unsigned_integer("rseq_len"), flags("flags", rseq_flags), hex32("sig")}},
    {"arch_prctl", {choice("code", arch_prctl_codes), hex("addr")}},
    {"prctl",
     {choice("option", prctl_options), hex("arg2"), hex("arg3"), hex("arg4"), hex("arg5")}},
    {"prlimit64",
     {integer("pid"), choice("resource", resources), address("new_limit"), address("old_limit")}},
    {"getrlimit", {choice("resource", resources), address("rlim")}},
    {"setrlimit", {choice("resource", resources), address("rlim")}},
    {"futex", futex_args},
    {"getrandom", {address("buf"), size("buflen"), flags("flags", random_flags)}},
    {"sched_yield", {}},
    {"sched_setaffinity", {integer("pid"), size("cpusetsize"), address("mask")}},
    {"sched_getaffinity", {integer("pid"), size("cpusetsize"), address("mask")}},
    {"getcpu", {address("cpu"), address("node")}},
    {"uname", {address("buf")}},
    {"sysinfo", {address("info")}},
    {"pidfd_open", {integer("pid"), flags("flags", pidfd_open_flags)}},
    {"pidfd_getfd", {fd("pidfd"), fd("targetfd"), hex32("flags")}},
    {"process_vm_readv",
     {integer("pid"), address("local_iov"), size("liovcnt"), address("remote_iov"), size("riovcnt"),
      hex("flags")}},
    {"process_vm_writev",
     {integer("pid"), address("local_iov"), size("liovcnt"), address("remote_iov"), size("riovcnt"),
      hex("flags")}},
};

}  // namespace

std::span<const CallSpec> process_calls() { return calls; }

}  // namespace shmpath
