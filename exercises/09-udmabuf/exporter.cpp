// SPDX-License-Identifier: BSD-2-Clause
//
// udmabuf makes a dma-buf of the pages of a memfd: what a driver can take, a program has made.
//
// Run: ./exporter NONCE TEXT & ./importer NONCE

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

constexpr size_t size = 4 * 4096;

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// Waits for the importer, and returns the connection to it.
static int meet(const std::string& nonce) {
  int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{AF_UNIX, ""};
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "dmabuf-%s", nonce.c_str());
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) die("bind");
  if (listen(listening, 1) < 0) die("listen");
  int connection = accept(listening, nullptr, nullptr);
  if (connection < 0) die("accept");
  return connection;
}

// Sends the descriptor `fd`, with one byte, for there must be data.
[[maybe_unused]] static void pass(int connection, int fd) {
  char byte = 'd';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{nullptr, 0, &data, 1, control, sizeof control, 0};
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0) die("sendmsg");
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: exporter NONCE TEXT\n"), 2;
  const std::string name = std::string("dmabuf-") + argv[1];
  int driver = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
  if (driver < 0) die("open /dev/udmabuf");
  int memfd = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memfd < 0 || ftruncate(memfd, size) < 0) die("memfd_create");
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) die("mmap");
  std::strcpy(static_cast<char*>(memory), argv[2]);
  [[maybe_unused]] int connection = meet(argv[1]);

  // TODO: seal `memfd` as udmabuf demands it; export all of it with UDMABUF_CREATE; pass the
}
