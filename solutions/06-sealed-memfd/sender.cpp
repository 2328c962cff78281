// SPDX-License-Identifier: BSD-2-Clause
//
// A memfd goes over a socket as a descriptor; its seals say what nobody can do to it any more.
//
// Run: ./sender NONCE TEXT & ./receiver NONCE

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

constexpr size_t size = 1 << 20;

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// Waits for the receiver, and returns the connection to it.
static int meet(const std::string& nonce) {
  int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{AF_UNIX, ""};
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "sealed-%s", nonce.c_str());
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) die("bind");
  if (listen(listening, 1) < 0) die("listen");
  int connection = accept(listening, nullptr, nullptr);
  if (connection < 0) die("accept");
  return connection;
}

// Sends the descriptor `fd`, with one byte, for there must be data.
[[maybe_unused]] static void pass(int connection, int fd) {
  char byte = 'm';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{nullptr, 0, &data, 1, control, sizeof control, 0};
  // BEGIN SOLUTION 06
  // todo: fill in the header of the control message (cmsg(3)): SOL_SOCKET, SCM_RIGHTS, its length;
  // todo: put `fd` behind it
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  // END SOLUTION 06
  if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0) die("sendmsg");
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: sender NONCE TEXT\n"), 2;
  const std::string name = std::string("sealed-") + argv[1];
  [[maybe_unused]] const char* text = argv[2];
  [[maybe_unused]] int connection = meet(argv[1]);

  // BEGIN SOLUTION 06
  // todo: make a memfd called `name` that may be sealed, `size` bytes long, with `text` at its
  // todo: beginning. Seal it against shrinking and against writing, and pass it.
  int memfd = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memfd < 0) die("memfd_create");
  if (ftruncate(memfd, size) < 0) die("ftruncate");
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) die("mmap");
  std::strcpy(static_cast<char*>(memory), text);
  if (munmap(memory, size) < 0) die("munmap");  // F_SEAL_WRITE is refused while one could write
  if (fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) die("fcntl");
  pass(connection, memfd);
  // END SOLUTION 06
}
