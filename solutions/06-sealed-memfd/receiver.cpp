// SPDX-License-Identifier: BSD-2-Clause
//
// Who maps what a stranger sends must know that it will not shrink or change under his eyes.
//
// Run: ./sender NONCE TEXT & ./receiver NONCE

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// The connection to the sender, who may be late.
static int meet(const std::string& nonce) {
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{AF_UNIX, ""};
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "sealed-%s", nonce.c_str());
  for (int tries = 0;
       connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0; tries++) {
    if (errno != ECONNREFUSED || tries == 5000) die("connect");
    usleep(1000);
  }
  return connection;
}

// The descriptor that was sent; -1 if none was.
static int take(int connection) {
  char byte;
  iovec data{&byte, 1};
  int fd = -1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{nullptr, 0, &data, 1, control, sizeof control, 0};
  if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0) die("recvmsg");
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (rights && rights->cmsg_type == SCM_RIGHTS && rights->cmsg_len == CMSG_LEN(sizeof fd))
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  return fd;
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: receiver NONCE\n"), 2;
  int memfd = take(meet(argv[1]));
  if (memfd < 0) return std::fprintf(stderr, "nothing came\n"), 1;
  const char* text = "";

  // BEGIN SOLUTION 06
  // todo: refuse it unless it is sealed against shrinking and writing, and not empty. Then map all
  // of todo: it, for reading only, and let `text` point to it.
  const int needed = F_SEAL_SHRINK | F_SEAL_WRITE;
  int seals = fcntl(memfd, F_GET_SEALS);
  if (seals < 0) die("fcntl");
  if ((seals & needed) != needed) return std::fprintf(stderr, "not sealed\n"), 1;
  struct stat file;
  if (fstat(memfd, &file) < 0) die("fstat");
  auto size = static_cast<size_t>(file.st_size);
  if (size == 0) return std::fprintf(stderr, "empty\n"), 1;
  void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) die("mmap");
  text = static_cast<const char*>(memory);
  // END SOLUTION 06
  std::printf("%s: %.60s\n", argv[1], text);
}
