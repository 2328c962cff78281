// SPDX-License-Identifier: BSD-2-Clause
//
// A packet can be sent, and is copied, or its memory can be passed as a descriptor, and is not. The
// socket here keeps messages apart, so that a descriptor may travel with no data at all.
//
// Run:      build/labs/13-four-ways/pass_packets
// Trace:    build/bin/shmpath run 13
// Look for: pages allocated under unix_dgram_sendmsg in step 2, and no new page of shared memory in
//           step 3, where a second process reads the packets.

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

#include "lab.h"

static const int packets = 4;
static const size_t packet_bytes = 65536;
static const char* const letters = "pack";

// What the receiver tells the sender, in shared memory.
struct Received {
  long copied;   // bytes that recvmsg put into the receiver's memory
  long as_sent;  // bytes that the receiver could read, with the content they should have
};

// A message of some data, of a descriptor, or of both. Returns the bytes of data that went in.
static long send_message(int socket, const void* data, size_t size, int fd) {
  iovec piece{const_cast<void*>(data), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{nullptr, 0, &piece, 1, nullptr, 0, 0};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *CMSG_FIRSTHDR(&message) = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
  }
  ssize_t moved = sendmsg(socket, &message, 0);
  if (moved < 0) die("sendmsg");
  return moved;
}

// The second process: receives the packets, and reads them where they are.
static void receive(int socket, Received* received) {
  static char own[packet_bytes];
  for (int n = 0; n < packets; n++) {
    iovec piece{own, sizeof own};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{nullptr, 0, &piece, 1, control, sizeof control, 0};
    ssize_t moved = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (moved < 0) die("recvmsg");
    received->copied += moved;
    const char* packet = own;
    int fd = -1;
    if (cmsghdr* header = CMSG_FIRSTHDR(&message); header && header->cmsg_type == SCM_RIGHTS) {
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      void* memory = mmap(nullptr, packet_bytes, PROT_READ, MAP_SHARED, fd, 0);
      if (memory == MAP_FAILED) die("mmap");
      packet = static_cast<char*>(memory);
    }
    for (size_t at = 0; at < packet_bytes; at++) received->as_sent += packet[at] == letters[n];
    if (fd >= 0 && (munmap(const_cast<char*>(packet), packet_bytes) < 0 || close(fd) < 0))
      die("munmap");
  }
}

int main() {
  void* nameless = mmap(nullptr, 2 * sizeof(Received), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (nameless == MAP_FAILED) die("mmap");
  auto received = static_cast<Received*>(nameless);
  long sent[2] = {};

  step("make four packets, each in a memfd");
  int memfd[packets];
  void* packet[packets];
  for (int n = 0; n < packets; n++) {
    memfd[n] = memfd_create("shmpath-lab-13", MFD_CLOEXEC);
    if (memfd[n] < 0) die("memfd_create");
    if (ftruncate(memfd[n], packet_bytes) < 0) die("ftruncate");
    packet[n] = mmap(nullptr, packet_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd[n], 0);
    if (packet[n] == MAP_FAILED) die("mmap");
    std::memset(packet[n], letters[n], packet_bytes);
  }

  for (int by_descriptor : {0, 1}) {
    step(by_descriptor ? "pass their descriptors through the socket"
                       : "send them through a socket");
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) die("socketpair");
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
      close(ends[0]);  // so that recvmsg ends if the sender does
      receive(ends[1], &received[by_descriptor]);
      _exit(0);
    }
    if (close(ends[1]) < 0) die("close");
    for (int n = 0; n < packets; n++)
      sent[by_descriptor] += by_descriptor ? send_message(ends[0], nullptr, 0, memfd[n])
                                           : send_message(ends[0], packet[n], packet_bytes, -1);
    int status = 0;
    if (waitpid(child, &status, 0) < 0) die("waitpid");
    if (status != 0) return 1;
    if (close(ends[0]) < 0) die("close");
  }

  step("count");
  const char* ways[] = {"sent", "passed"};
  for (int way : {0, 1})
    std::printf("%s: %ld bytes copied in, %ld copied out, %ld of %zu read as they were written\n",
                ways[way], sent[way], received[way].copied, received[way].as_sent,
                packets * packet_bytes);
  const long all = packets * packet_bytes;
  bool counted = sent[0] == all && received[0].copied == all && received[0].as_sent == all;
  claim(
      "C51",
      counted && sent[1] + received[1].copied == 0 && received[1].as_sent == all ? holds : differs,
      "%ld bytes of data moved to pass %ld, where sending them moved %ld",
      sent[1] + received[1].copied, received[1].as_sent, sent[0] + received[0].copied);
}
