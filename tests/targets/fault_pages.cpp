// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: fault_pages ROUNDS PAGES
//
// Takes ROUNDS * PAGES page faults on shared memory, each of which allocates a frame: between
// rounds the object is emptied. Prints the nanoseconds that the rounds took, start-up left out.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

void one_round(int fd, off_t bytes, long page_bytes) {
  if (ftruncate(fd, bytes) != 0) die("ftruncate");
  void* area = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (area == MAP_FAILED) die("mmap");
  for (off_t at = 0; at < bytes; at += page_bytes) static_cast<volatile char*>(area)[at] = 0x11;
  if (munmap(area, bytes) != 0) die("munmap");
  if (ftruncate(fd, 0) != 0) die("ftruncate");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: fault_pages ROUNDS PAGES\n", stderr), 2;
  const long rounds = std::atol(argv[1]);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  const off_t bytes = std::atol(argv[2]) * page_bytes;
  int fd = memfd_create("fault_pages", MFD_CLOEXEC);
  if (fd < 0) die("memfd_create");

  const auto start = std::chrono::steady_clock::now();
  for (long round = 0; round < rounds; ++round) one_round(fd, bytes, page_bytes);
  const auto spent = std::chrono::steady_clock::now() - start;
  std::printf("%lld\n", static_cast<long long>(
                            std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count()));
  return 0;
}
