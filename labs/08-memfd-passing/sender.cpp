// SPDX-License-Identifier: BSD-2-Clause
//
// The other half of receiver.cpp: makes a memfd, stores to it, passes its descriptor, and ends.
// From then on only the message holds the file, until it is received.
//
// Run:      build/labs/08-memfd-passing/receiver (which starts this program)
// Trace:    build/bin/shmpath run 08
// Look for: shmem_file_setup under memfd_create, and unix_attach_fds under sendmsg.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "lab.h"

int main(int argc, char** argv) {
  if (argc != 2) {  // no socket to connect to: run the receiver, which starts this program with one
    auto receiver = std::filesystem::read_symlink("/proc/self/exe").replace_filename("receiver");
    execl(receiver.c_str(), "receiver", nullptr);
    die("execl receiver");
  }

  step("sender: create a memfd");
  int memfd = memfd_create("shmpath-lab-08", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memfd < 0) die("memfd_create");

  step("sender: give it a size, and seal the size");
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (ftruncate(memfd, static_cast<off_t>(page)) < 0) die("ftruncate");
  if (fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
    die("fcntl F_ADD_SEALS");

  step("sender: map it, and store a message");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (memory == MAP_FAILED) die("mmap");
  std::snprintf(static_cast<char*>(memory), page, "hello");

  step("sender: connect, pass the descriptor, and end");
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) die("socket");
  sockaddr_un address{AF_UNIX, ""};
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", argv[1]);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
    die("connect");
  struct stat file;
  if (fstat(memfd, &file) < 0) die("fstat");
  // The data says what the receiver is to find. At least one byte has to go along.
  iovec data[] = {{&file, sizeof file}, {&memfd, sizeof memfd}};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{nullptr, 0, data, 2, control, sizeof control, 0};
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &memfd, sizeof memfd);
  if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0) die("sendmsg");
}
