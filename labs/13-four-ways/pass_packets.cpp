// SPDX-License-Identifier: BSD-2-Clause
//
// The memory of a packet can be passed as a descriptor, without a copy: on a socket that keeps
// messages apart, the descriptor travels with no data at all. Compare send_packets.
//
// Run:      build/labs/13-four-ways/pass_packets
// Trace:    build/bin/shmpath run 13
// Look for: no new page of shared memory in step 2, where a second process reads the packets.

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "lab.h"

static const long packets = 4, packet_bytes = 65536;
static const char* const letters = "pack";

// Sends a descriptor. Returns the bytes of data that went with it.
static long pass(int socket, int fd) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{nullptr, 0, nullptr, 0, control, sizeof control, 0};
  *CMSG_FIRSTHDR(&message) = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
  std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
  ssize_t moved = sendmsg(socket, &message, 0);
  if (moved < 0) die("sendmsg");
  return moved;
}

// Receives and returns a descriptor. Adds the bytes of data that came with it.
static int receive(int socket, long* moved) {
  static char buffer[packet_bytes];
  iovec data{buffer, sizeof buffer};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{nullptr, 0, &data, 1, control, sizeof control, 0};
  ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (got < 0 || CMSG_FIRSTHDR(&message) == nullptr) die("recvmsg");
  *moved += got;
  return *reinterpret_cast<int*>(CMSG_DATA(CMSG_FIRSTHDR(&message)));
}

int main() {
  step("make four packets, each in a memfd");
  int memfd[packets];
  for (int n = 0; n < packets; n++) {
    memfd[n] = memfd_create("shmpath-lab-13", MFD_CLOEXEC);
    if (memfd[n] < 0) die("memfd_create");
    if (ftruncate(memfd[n], packet_bytes) < 0) die("ftruncate");
    void* memory = mmap(nullptr, packet_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd[n], 0);
    if (memory == MAP_FAILED) die("mmap");
    std::memset(memory, letters[n], packet_bytes);
  }

  step("pass their descriptors through a socket");
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) die("socketpair");
  long moved = 0;
  for (int fd : memfd) moved += pass(ends[0], fd);
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    long as_made = 0;
    for (int n = 0; n < packets; n++) {
      int fd = receive(ends[1], &moved);
      auto packet = static_cast<char*>(mmap(nullptr, packet_bytes, PROT_READ, MAP_SHARED, fd, 0));
      if (packet == MAP_FAILED) die("mmap");
      as_made += std::count(packet, packet + packet_bytes, letters[n]);
    }
    claim("C51", moved == 0 && as_made == packets * packet_bytes ? holds : differs,
          "%ld bytes of data moved to pass %ld", moved, as_made);
    _exit(0);
  }
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  return status != 0;  // the child has said why
}
