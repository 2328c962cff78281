// SPDX-License-Identifier: BSD-2-Clause
//
// A packet that is sent through a socket is copied into the kernel, and out again. Compare
// pass_packets.
//
// Run:      build/labs/13-four-ways/send_packets
// Trace:    build/bin/shmpath run 13
// Look for: pages allocated under unix_dgram_sendmsg, which hold the first copy.

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "lab.h"

static const size_t packet_bytes = 65536;
static char packet[packet_bytes];  // after fork, each process has its own

int main() {
  step("send four packets through a socket");
  int ends[2];  // of a socket that keeps messages apart
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) die("socketpair");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    close(ends[0]);  // so that recv ends if the sender does
    ssize_t copied = 0, as_sent = 0;
    for (char letter : {'p', 'a', 'c', 'k'}) {
      ssize_t got = recv(ends[1], packet, packet_bytes, 0);
      if (got < 0) die("recv");
      copied += got;
      as_sent += std::count(packet, packet + got, letter);
    }
    std::printf("received: %zd bytes copied out, %zd of them as they were sent\n", copied, as_sent);
    std::fflush(stdout);
    _exit(0);
  }
  if (close(ends[1]) < 0) die("close");
  ssize_t copied = 0;
  for (char letter : {'p', 'a', 'c', 'k'}) {
    std::memset(packet, letter, packet_bytes);
    ssize_t moved = send(ends[0], packet, packet_bytes, MSG_NOSIGNAL);
    if (moved < 0) die("send");
    copied += moved;
  }
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;  // the child has said why
  std::printf("sent: %zd bytes copied in\n", copied);
}
