// SPDX-License-Identifier: BSD-2-Clause
//
// A memfd has no name that a second process could open, so it is handed over: a message on a Unix
// socket carries a reference to the open file, and the receiver gets a number of its own for it.
//
// Run:      build/labs/08-memfd-passing/receiver (it starts the sender)
// Trace:    build/bin/shmpath run 08
// Look for: unix_attach_fds under the sender's sendmsg, and receive_fd under recvmsg here.

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "lab.h"

// What the sender says of its descriptor, beside passing it.
struct Told {
  dev_t device;
  ino_t inode;
  int number;
};

static char folder[] = "/tmp/shmpath-lab-08-XXXXXX";
static sockaddr_un address{AF_UNIX, ""};

static void clean_up() {
  unlink(address.sun_path);
  rmdir(folder);
}

int main() {
  step("listen on a socket");
  if (mkdtemp(folder) == nullptr) die("mkdtemp /tmp/shmpath-lab-08-XXXXXX");
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
  std::atexit(clean_up);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) die("socket");
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) die("bind");
  if (listen(listener, 1) < 0) die("listen");

  step("start the sender, and wait for it to connect");
  auto program = std::filesystem::read_symlink("/proc/self/exe").replace_filename("sender");
  pid_t sender = fork();
  if (sender < 0) die("fork");
  if (sender == 0) {
    execl(program.c_str(), "sender", address.sun_path, nullptr);
    _exit(127);
  }
  int end = static_cast<int>(syscall(SYS_pidfd_open, sender, 0));  // readable when it has ended
  if (end < 0) die("pidfd_open");
  pollfd waiting[] = {{listener, POLLIN, 0}, {end, POLLIN, 0}};
  if (poll(waiting, 2, -1) < 0) die("poll");
  int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) die("accept4 (the sender ended before it connected)");

  step("receive a descriptor");
  int lowest = dup(connection);  // the number that the next new descriptor will get
  if (lowest < 0 || close(lowest) < 0) die("dup");
  Told told{};
  iovec data{&told, sizeof told};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != sizeof told) die("recvmsg");
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  bool passed = rights != nullptr && rights->cmsg_level == SOL_SOCKET &&
                rights->cmsg_type == SCM_RIGHTS && rights->cmsg_len == CMSG_LEN(sizeof(int));
  if (!passed) die("recvmsg (no descriptor in the message)");
  int memfd;
  std::memcpy(&memfd, CMSG_DATA(rights), sizeof memfd);

  step("compare it with the sender's");
  struct stat got;
  if (fstat(memfd, &got) < 0) die("fstat");
  bool same = got.st_dev == told.device && got.st_ino == told.inode;
  bool own_number = memfd == lowest && memfd != told.number;
  claim("C49", same && own_number ? holds : differs, "%s inode, under %s",
        same ? "the sender's" : "another",
        own_number ? "the receiver's lowest free number, which is not the sender's"
                   : "a number that is not the receiver's own");

  step("look at its seals before trusting it, and map it");
  int seals = fcntl(memfd, F_GET_SEALS);
  if (seals < 0) die("fcntl F_GET_SEALS");
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  bool safe = seals & F_SEAL_SHRINK && got.st_size == static_cast<off_t>(page);
  std::printf("it %s\n", safe ? "holds a page and cannot shrink" : "could shrink under a mapping");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto text = static_cast<char*>(memory);
  std::printf("the receiver reads: %.80s\n", text);

  step("answer through the memory, and wait for the sender to end");
  std::snprintf(text, page, "heard you");
  if (send(connection, "", 1, MSG_NOSIGNAL) < 0) die("send");  // the sender waits for this byte
  int status;
  if (waitpid(sender, &status, 0) < 0) die("waitpid");

  step("read once more");
  std::printf("the sender ended with %d; the receiver reads: %.80s\n", WEXITSTATUS(status), text);

  step("let the last references go");
  if (close(memfd) < 0) die("close");
  if (munmap(memory, page) < 0) die("munmap");
}
