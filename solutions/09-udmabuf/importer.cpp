// SPDX-License-Identifier: BSD-2-Clause
//
// Who reads a dma-buf with the processor says so, before and after: a device may have its caches.
//
// Run: ./exporter NONCE TEXT & ./importer NONCE

#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
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

// The connection to the exporter, who may be late.
static int meet(const std::string& nonce) {
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{AF_UNIX, ""};
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "dmabuf-%s", nonce.c_str());
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
  if (argc != 2) return std::fprintf(stderr, "usage: importer NONCE\n"), 2;
  int dmabuf = take(meet(argv[1]));
  if (dmabuf < 0) return std::fprintf(stderr, "nothing came\n"), 1;
  char text[64] = "";

  // BEGIN SOLUTION 09
  // todo: map the dma-buf for reading; its length is where lseek finds its end. Copy the text at
  // its todo: beginning into `text`, between the two DMA_BUF_IOCTL_SYNC that say so.
  off_t end = lseek(dmabuf, 0, SEEK_END);
  if (end <= 0) die("lseek");
  void* memory = mmap(nullptr, static_cast<size_t>(end), PROT_READ, MAP_SHARED, dmabuf, 0);
  if (memory == MAP_FAILED) die("mmap");
  dma_buf_sync sync{DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
  std::snprintf(text, sizeof text, "%.60s", static_cast<const char*>(memory));
  sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
  // END SOLUTION 09
  std::printf("%s: %s\n", argv[1], text);
}
