// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/ends.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace shmpath {
namespace {

[[noreturn]] void failed(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

}  // namespace

PipeEnds::PipeEnds() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) failed("pipe2");
  read_end = Fd(ends[0]);
  write_end = Fd(ends[1]);
}

SocketEnds::SocketEnds() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) failed("socketpair");
  ours = Fd(ends[0]);
  theirs = Fd(ends[1]);
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
}

}  // namespace shmpath
