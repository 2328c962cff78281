// SPDX-License-Identifier: BSD-2-Clause
//
// Two mappings show the same memory when the same page frame is behind both, whatever the
// addresses.
//
// Run:      sudo ./frames NONCE spsp      (s: shared, p: private)
// Look for: which frame is behind each mapping, and when that changes

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

constexpr size_t page = 4096;

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// The number of the frame behind that address; 0 if there is none.
[[maybe_unused]] static uint64_t frame_of(const void* address) {
  uint64_t entry = 0;
  [[maybe_unused]] auto page_number = reinterpret_cast<uintptr_t>(address) / page;
  // BEGIN SOLUTION 05
  // todo: read the 8 bytes that /proc/self/pagemap has for this page, with pread, into `entry`
  int fd = open("/proc/self/pagemap", O_RDONLY);
  if (fd < 0) die("open /proc/self/pagemap");
  auto offset = static_cast<off_t>(page_number * sizeof entry);
  if (pread(fd, &entry, sizeof entry, offset) != sizeof entry) die("pread");
  close(fd);
  // END SOLUTION 05
  const bool present = entry >> 63;
  return present ? entry & ((uint64_t{1} << 55) - 1) : 0;
}

static char* map(int fd, int flags) {
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  return static_cast<char*>(memory);
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: frames NONCE KINDS\n"), 2;
  const std::string kinds = argv[2];
  int fd = memfd_create((std::string("frames-") + argv[1]).c_str(), 0);
  if (fd < 0 || ftruncate(fd, page) < 0) die("memfd_create");
  char* known = map(fd, MAP_SHARED);
  *known = 1;
  if (kinds.size() > 64) return 2;

  for (size_t i = 0; i < kinds.size(); i++) {
    [[maybe_unused]] char* memory = map(fd, kinds[i] == 's' ? MAP_SHARED : MAP_PRIVATE);
    const char* verdict = "unknown";
    // BEGIN SOLUTION 05
    // todo: say "shared" or "private", by the frames behind `memory` and `known`. Both kinds show
    // todo: the same frame at first: do what makes the kernel tell them apart, then look.
    memory[1] = 1;
    verdict = frame_of(memory) == frame_of(known) ? "shared" : "private";
    // END SOLUTION 05
    std::printf("%s mapping %zu: %s\n", argv[1], i, verdict);
  }
}
