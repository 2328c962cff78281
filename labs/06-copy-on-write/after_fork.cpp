// SPDX-License-Identifier: BSD-2-Clause
//
// fork copies no page of memory: parent and child share each until one of them stores to it. The
// one that stores gets the copy; the one that is left alone with the page just makes it writable.
//
// Run:      build/labs/06-copy-on-write/after_fork
// Trace:    build/bin/shmpath run 06
// Look for: do_wp_page of the child with an allocation, and do_wp_page of the parent without.

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// The page frame behind an address, from /proc/self/pagemap: bit 63 says whether there is one, bits
// 0 to 54 its number, which the kernel shows to root only.
static std::uint64_t frame(const volatile char* address) {
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  if (pagemap < 0) die("open /proc/self/pagemap");
  std::uint64_t entry = 0;
  auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address) / page * sizeof entry);
  if (pread(pagemap, &entry, sizeof entry, offset) != sizeof entry) die("pread /proc/self/pagemap");
  if (close(pagemap) < 0) die("close");
  return entry >> 63 ? entry & ((1ull << 55) - 1) : 0;
}

// What the child saw, sent through a pipe.
struct Report {
  char read;
  std::uint64_t before, after;  // frames
};

int main() {
  // A new page waits for its LRU list in a batch of its CPU, which holds a reference like any user
  // of the page. Stay on that CPU, and map a page with which to have the batch emptied.
  cpu_set_t one_cpu;
  CPU_ZERO(&one_cpu);
  CPU_SET(sched_getcpu(), &one_cpu);
  if (sched_setaffinity(0, sizeof one_cpu, &one_cpu) < 0) die("sched_setaffinity");
  void* spare = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (spare == MAP_FAILED) die("mmap");

  step("store \"p\" to a page of private memory");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* memory = static_cast<char*>(mapping);
  memory[0] = 'p';
  if (madvise(spare, page, MADV_COLD) < 0) die("madvise MADV_COLD");  // empties the batch first
  std::uint64_t parent_before = frame(memory);

  step("fork, and store \"c\" in the child");
  int report[2];
  if (pipe(report) < 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    Report seen{memory[0], frame(memory), 0};
    memory[0] = 'c';
    seen.after = frame(memory);
    _exit(write(report[1], &seen, sizeof seen) == sizeof seen ? 0 : 1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  Report seen{};
  if (status != 0 || read(report[0], &seen, sizeof seen) != sizeof seen) die("the child");

  step("store \"q\" in the parent, now alone with the page");
  char kept = memory[0];
  memory[0] = 'q';

  step("compare");
  std::printf("the child read %c; the parent still had %c\n", seen.read, kept);
  if (parent_before == 0)
    std::printf("frames: only root sees their numbers\n");
  else
    std::printf("frames: the child had %s frame before its store and %s after it; the parent %s\n",
                seen.before == parent_before ? "the parent's" : "another",
                seen.after == parent_before ? "the parent's" : "another",
                frame(memory) == parent_before ? "kept its own" : "got another");

  step("unmap");
  if (munmap(mapping, page) < 0) die("munmap");
}
