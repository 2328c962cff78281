// SPDX-License-Identifier: BSD-2-Clause
//
// A shared memory object lives until its name is removed, not until its program ends.
//
// Run:      ./keeper NONCE normal      (or error, quit, signal)
// Look for: ls /dev/shm, before and after each of the four

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

static char name[128];

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// TODO: the name must be removed on each of the ways out, and only there

// Another program finds the object by its name while this one works.
static void work(char* memory, const std::string& way) {
  std::snprintf(memory, 4096, "work of %s", name);
  if (access((std::string("/dev/shm") + name).c_str(), R_OK) < 0) die("access");
  if (way == "quit") std::exit(3);
  if (way == "signal") std::raise(SIGTERM);
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: keeper NONCE WAY\n"), 2;
  const std::string way = argv[2];
  std::snprintf(name, sizeof name, "/keeper-%s-%s", argv[1], argv[2]);
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open");
  // TODO: say when
  if (ftruncate(fd, 4096) < 0) die("ftruncate");
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  work(static_cast<char*>(memory), way);
  if (way == "error") return std::fprintf(stderr, "%s: an error\n", name), 1;
  std::printf("%s: done\n", name);
  shm_unlink(name);
}
