// SPDX-License-Identifier: BSD-2-Clause
//
// System calls that wait for time or for file descriptors. Arguments as in man
// section 2.
#include "tracer/flags_file.h"
#include "tracer/flags_process.h"

namespace shmpath {

namespace {

const std::vector<CallSpec> calls = {
    {"nanosleep", {address("req"), address("rem")}},
    {"clock_nanosleep",
     {choice("clockid", clocks), flags("flags", timer_flags), address("request"),
      address("remain")}},
    {"clock_gettime", {choice("clockid", clocks), address("tp")}},
    {"clock_getres", {choice("clockid", clocks), address("res")}},
    {"gettimeofday", {address("tv"), address("tz")}},
    {"alarm", {unsigned_integer("seconds")}},

    {"poll", {address("fds"), unsigned_integer("nfds"), integer("timeout")}},
    {"ppoll",
     {address("fds"), unsigned_integer("nfds"), address("tmo_p"), address("sigmask"),
      size("sigsetsize")}},
    {"select",
     {integer("nfds"), address("readfds"), address("writefds"), address("exceptfds"),
      address("timeout")}},
    {"pselect6",
     {integer("nfds"), address("readfds"), address("writefds"), address("exceptfds"),
      address("timeout"), address("sigmask")}},
    {"epoll_create", {integer("size")}},
    {"epoll_create1", {flags("flags", epoll_create_flags)}},
    {"epoll_ctl", {fd("epfd"), choice("op", epoll_operations), fd("fd"), address("event")}},
    {"epoll_wait", {fd("epfd"), address("events"), integer("maxevents"), integer("timeout")}},
    {"epoll_pwait",
     {fd("epfd"), address("events"), integer("maxevents"), integer("timeout"), address("sigmask"),
      size("sigsetsize")}},
    {"epoll_pwait2",
     {fd("epfd"), address("events"), integer("maxevents"), address("timeout"), address("sigmask"),
      size("sigsetsize")}},
};

}  // namespace

std::span<const CallSpec> time_and_poll_calls() { return calls; }

}  // namespace shmpath
