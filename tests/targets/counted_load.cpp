// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: counted_load FILE THREADS CALLS PAGES
//
// A load that knows how much it does: each thread calls lseek(-1, N, SEEK_SET) for N from 1 to
// CALLS, then writes to PAGES fresh pages of shared memory. It is steered through FILE, which it
// maps: whoever watches waits for `ready`, sets `go`, waits for `done` and sets `end`. Between
// `ready` and `end` nothing waits but by looking at that memory, so that what is said here is all
// that there is.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

struct Control {
  std::atomic<std::uint32_t> ready, go, done, end;
};

struct Work {
  long calls;
  std::size_t pages;
};

void look_until(const std::atomic<std::uint32_t>& word, std::uint32_t least) {
  while (word.load() < least) {
  }
}

void work(Control& control, const Work& what) {
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t bytes = what.pages * page_bytes;
  void* area = bytes
                   ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
                   : nullptr;
  if (area == MAP_FAILED) return std::perror("mmap"), std::exit(1);
  lseek(-1, 0, SEEK_SET);  // its code is there from now on
  control.ready++;
  look_until(control.go, 1);
  for (long i = 1; i <= what.calls; ++i) lseek(-1, i, SEEK_SET);
  for (std::size_t at = 0; at < bytes; at += page_bytes)
    static_cast<volatile char*>(area)[at] = 0x11;
  control.done++;
  look_until(control.end, 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fputs("usage: counted_load FILE THREADS CALLS PAGES\n", stderr), 2;
  const int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  void* shared = fd < 0 ? MAP_FAILED
                        : mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) return std::perror(argv[1]), 1;
  auto& control = *static_cast<Control*>(shared);
  const Work what{std::atol(argv[3]), static_cast<std::size_t>(std::atol(argv[4]))};

  std::vector<std::thread> others;
  for (long i = 1; i < std::atol(argv[2]); ++i) others.emplace_back([&] { work(control, what); });
  work(control, what);
  for (std::thread& other : others) other.join();
  std::puts("all done");
  return 0;
}
