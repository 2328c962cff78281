// SPDX-License-Identifier: BSD-2-Clause
//
// Names of the flags of calls on processes, threads, signals and time. Numbers
// stand where Debian 12's headers do not have the name.
#pragma once

#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <csignal>
#include <ctime>

#include "tracer/call_tables.h"

namespace shmpath {

// The low byte is the signal the parent gets (CSIGNAL).
inline constexpr Name clone_flags[] = {N(CLONE_VM),
                                       N(CLONE_FS),
                                       N(CLONE_FILES),
                                       N(CLONE_SIGHAND),
                                       N(CLONE_PIDFD),
                                       N(CLONE_PTRACE),
                                       N(CLONE_VFORK),
                                       N(CLONE_PARENT),
                                       N(CLONE_THREAD),
                                       N(CLONE_NEWNS),
                                       N(CLONE_SYSVSEM),
                                       N(CLONE_SETTLS),
                                       N(CLONE_PARENT_SETTID),
                                       N(CLONE_CHILD_CLEARTID),
                                       N(CLONE_DETACHED),
                                       N(CLONE_UNTRACED),
                                       N(CLONE_CHILD_SETTID),
                                       N(CLONE_NEWCGROUP),
                                       N(CLONE_NEWUTS),
                                       N(CLONE_NEWIPC),
                                       N(CLONE_NEWUSER),
                                       N(CLONE_NEWPID),
                                       N(CLONE_NEWNET),
                                       N(CLONE_IO),
                                       FIELD(SIGCHLD, CSIGNAL)};

inline constexpr Name signals[] = {
    N(SIGHUP),  N(SIGINT),    N(SIGQUIT), N(SIGILL),  N(SIGTRAP),   N(SIGABRT), N(SIGBUS),
    N(SIGFPE),  N(SIGKILL),   N(SIGUSR1), N(SIGSEGV), N(SIGUSR2),   N(SIGPIPE), N(SIGALRM),
    N(SIGTERM), N(SIGSTKFLT), N(SIGCHLD), N(SIGCONT), N(SIGSTOP),   N(SIGTSTP), N(SIGTTIN),
    N(SIGTTOU), N(SIGURG),    N(SIGXCPU), N(SIGXFSZ), N(SIGVTALRM), N(SIGPROF), N(SIGWINCH),
    N(SIGIO),   N(SIGPWR),    N(SIGSYS)};
inline constexpr Name sigprocmask_ways[] = {N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK)};

inline constexpr Name wait_options[] = {N(WNOHANG),
                                        N(WUNTRACED),
                                        N(WEXITED),
                                        N(WCONTINUED),
                                        N(WNOWAIT),
                                        {0x20000000, "__WNOTHREAD"},
                                        {0x40000000, "__WALL"},
                                        {0x80000000, "__WCLONE"}};
inline constexpr Name wait_id_types[] = {N(P_ALL), N(P_PID), N(P_PGID), {3, "P_PIDFD"}};

inline constexpr Name resources[] = {
    N(RLIMIT_CPU),      N(RLIMIT_FSIZE), N(RLIMIT_DATA),   N(RLIMIT_STACK),
    N(RLIMIT_CORE),     N(RLIMIT_RSS),   N(RLIMIT_NPROC),  N(RLIMIT_NOFILE),
    N(RLIMIT_MEMLOCK),  N(RLIMIT_AS),    N(RLIMIT_LOCKS),  N(RLIMIT_SIGPENDING),
    N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE),  N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME)};

inline constexpr Name prctl_options[] = {N(PR_SET_PDEATHSIG),
                                         N(PR_GET_PDEATHSIG),
                                         N(PR_GET_DUMPABLE),
                                         N(PR_SET_DUMPABLE),
                                         N(PR_GET_KEEPCAPS),
                                         N(PR_SET_KEEPCAPS),
                                         N(PR_SET_NAME),
                                         N(PR_GET_NAME),
                                         N(PR_GET_SECCOMP),
                                         N(PR_SET_SECCOMP),
                                         N(PR_CAPBSET_READ),
                                         N(PR_CAPBSET_DROP),
                                         N(PR_GET_TSC),
                                         N(PR_SET_TSC),
                                         N(PR_GET_SECUREBITS),
                                         N(PR_SET_SECUREBITS),
                                         N(PR_SET_TIMERSLACK),
                                         N(PR_GET_TIMERSLACK),
                                         N(PR_SET_MM),
                                         N(PR_SET_CHILD_SUBREAPER),
                                         N(PR_GET_CHILD_SUBREAPER),
                                         N(PR_SET_NO_NEW_PRIVS),
                                         N(PR_GET_NO_NEW_PRIVS),
                                         N(PR_GET_TID_ADDRESS),
                                         N(PR_SET_THP_DISABLE),
                                         N(PR_GET_THP_DISABLE),
                                         N(PR_CAP_AMBIENT),
                                         {0x53564d41, "PR_SET_VMA"},
                                         {0x59616d61, "PR_SET_PTRACER"}};

// x86 only: where the call does not exist, its row is never found.
inline constexpr Name arch_prctl_codes[] = {
    {0x1001, "ARCH_SET_GS"},         {0x1002, "ARCH_SET_FS"},
    {0x1003, "ARCH_GET_FS"},         {0x1004, "ARCH_GET_GS"},
    {0x1011, "ARCH_GET_CPUID"},      {0x1012, "ARCH_SET_CPUID"},
    {0x1021, "ARCH_GET_XCOMP_SUPP"}, {0x1022, "ARCH_GET_XCOMP_PERM"},
    {0x1023, "ARCH_REQ_XCOMP_PERM"}, {0x3001, "ARCH_CET_STATUS"},
    {0x5001, "ARCH_SHSTK_ENABLE"},   {0x5002, "ARCH_SHSTK_DISABLE"},
    {0x5003, "ARCH_SHSTK_LOCK"},     {0x5004, "ARCH_SHSTK_UNLOCK"},
    {0x5005, "ARCH_SHSTK_STATUS"}};

// FUTEX_PRIVATE_FLAG is part of the operation's name, as linux/futex.h and strace have it.
inline constexpr std::uint64_t futex_mask = ~std::uint64_t{FUTEX_CLOCK_REALTIME};
#define FUTEX_OPERATION(operation)                         \
  Name{operation, #operation, futex_mask}, Name {          \
    operation##_PRIVATE, #operation "_PRIVATE", futex_mask \
  }
inline constexpr Name futex_operations[] = {FUTEX_OPERATION(FUTEX_WAIT),
                                            FUTEX_OPERATION(FUTEX_WAKE),
                                            FIELD(FUTEX_FD, futex_mask),
                                            FUTEX_OPERATION(FUTEX_REQUEUE),
                                            FUTEX_OPERATION(FUTEX_CMP_REQUEUE),
                                            FUTEX_OPERATION(FUTEX_WAKE_OP),
                                            FUTEX_OPERATION(FUTEX_LOCK_PI),
                                            FUTEX_OPERATION(FUTEX_UNLOCK_PI),
                                            FUTEX_OPERATION(FUTEX_TRYLOCK_PI),
                                            FUTEX_OPERATION(FUTEX_WAIT_BITSET),
                                            FUTEX_OPERATION(FUTEX_WAKE_BITSET),
                                            FUTEX_OPERATION(FUTEX_WAIT_REQUEUE_PI),
                                            FUTEX_OPERATION(FUTEX_CMP_REQUEUE_PI),
                                            FUTEX_OPERATION(FUTEX_LOCK_PI2),
                                            N(FUTEX_CLOCK_REALTIME)};
#undef FUTEX_OPERATION

inline constexpr Name random_flags[] = {N(GRND_NONBLOCK), N(GRND_RANDOM), N(GRND_INSECURE)};
inline constexpr Name pidfd_open_flags[] = {{04000, "PIDFD_NONBLOCK"}, {0200, "PIDFD_THREAD"}};
inline constexpr Name rseq_flags[] = {{1, "RSEQ_FLAG_UNREGISTER"}};

inline constexpr Name clocks[] = {N(CLOCK_REALTIME),
                                  N(CLOCK_MONOTONIC),
                                  N(CLOCK_PROCESS_CPUTIME_ID),
                                  N(CLOCK_THREAD_CPUTIME_ID),
                                  N(CLOCK_MONOTONIC_RAW),
                                  N(CLOCK_REALTIME_COARSE),
                                  N(CLOCK_MONOTONIC_COARSE),
                                  N(CLOCK_BOOTTIME),
                                  N(CLOCK_REALTIME_ALARM),
                                  N(CLOCK_BOOTTIME_ALARM),
                                  N(CLOCK_TAI)};
inline constexpr Name timer_flags[] = {N(TIMER_ABSTIME)};

}  // namespace shmpath
