// SPDX-License-Identifier: BSD-2-Clause
//
// The POSIX flow in a program that holds its own libc: there is no shared library in which a
// tracer could look for shm_open.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

int main() {
  constexpr const char* name = "/shmpath-test-static";
  constexpr std::size_t bytes = 4096;
  int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
  if (fd < 0) return std::perror("shm_open"), 1;
  void* area = MAP_FAILED;
  if (ftruncate(fd, bytes) == 0)
    area = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (area != MAP_FAILED) {
    *static_cast<volatile char*>(area) = 0x11;
    munmap(area, bytes);
  }
  close(fd);
  if (shm_unlink(name) != 0) return std::perror("shm_unlink"), 1;
  return area == MAP_FAILED ? 1 : 0;
}
