// SPDX-License-Identifier: BSD-2-Clause
//
// A memfd has no name that a second process could open, so it is handed over: a message on a Unix
// socket carries a reference to the open file, and the receiver gets a number of its own for it.
//
// Run:      build/labs/08-memfd-passing/receiver (it starts the sender)
// Trace:    build/bin/shmpath run 08
// Look for: unix_attach_fds under the sender's sendmsg, and receive_fd under recvmsg here.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "lab.h"

int main() {
  step("listen on a socket");
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) die("socket");
  sockaddr_un address{AF_UNIX, ""};  // a name that begins with a 0 byte is not a file's
  std::snprintf(address.sun_path + 1, 40, "shmpath-lab-08-%d", getpid());
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) die("bind");
  if (listen(listener, 1) < 0) die("listen");

  step("start the sender, and wait for it to end");
  auto program = std::filesystem::read_symlink("/proc/self/exe").replace_filename("sender");
  pid_t sender = fork();
  if (sender < 0) die("fork");
  if (sender == 0) {
    execl(program.c_str(), "sender", address.sun_path + 1, nullptr);
    _exit(127);
  }
  if (waitpid(sender, nullptr, 0) < 0) die("waitpid");

  step("receive a descriptor");
  int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) die("accept4 (the sender did not connect)");
  int lowest = dup(connection);  // the number that the next new descriptor will get
  if (lowest < 0 || close(lowest) < 0) die("dup");
  struct stat theirs, ours;
  int memfd, their_number;
  iovec data[] = {{&theirs, sizeof theirs}, {&their_number, sizeof their_number}};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{nullptr, 0, data, 2, control, sizeof control, 0};
  if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != sizeof theirs + sizeof their_number)
    die("recvmsg");
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (rights == nullptr || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS ||
      rights->cmsg_len != CMSG_LEN(sizeof memfd))
    die("recvmsg (no descriptor, or several, in the message)");
  std::memcpy(&memfd, CMSG_DATA(rights), sizeof memfd);

  step("compare it with the sender's");
  if (fstat(memfd, &ours) < 0) die("fstat");
  bool same = ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
  bool own_number = memfd == lowest && memfd != their_number;
  claim("C49", same && own_number ? holds : differs, "%s inode, under %s",
        same ? "the sender's" : "another",
        own_number ? "the receiver's lowest free number, which is not the sender's"
                   : "a number that is not the receiver's own");

  step("look at its seals before trusting it, and map it");
  int seals = fcntl(memfd, F_GET_SEALS);
  if (seals < 0) die("fcntl F_GET_SEALS");
  std::printf("it %s shrink under a mapping\n", seals & F_SEAL_SHRINK ? "cannot" : "could");
  auto size = static_cast<size_t>(ours.st_size);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) die("mmap");
  std::printf("the receiver reads: %.80s\n", static_cast<char*>(memory));

  step("let the last references go");
  if (close(memfd) < 0 || munmap(memory, size) < 0) die("munmap");
}
