// SPDX-License-Identifier: BSD-2-Clause
//
// Says "ready" with its process id, answers each byte of standard input by mapping a page and
// saying "mapped", and waits for a signal once the input has ended.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

int main() {
  std::printf("ready %d\n", static_cast<int>(getpid()));
  std::fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) == 1) {
    void* area = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return std::perror("mmap"), 1;
    *static_cast<volatile char*>(area) = byte;
    munmap(area, 4096);
    std::puts("mapped");
    std::fflush(stdout);
  }
  for (;;) pause();
}
