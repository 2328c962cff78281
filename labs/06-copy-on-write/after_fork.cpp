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

// The frame there is now, compared with the one that the parent had first.
static const char* which(std::uint64_t now, std::uint64_t first) {
  if (first == 0) return "a frame whose number only root sees";
  return now == first ? "the parent's first frame" : "another frame";
}

int main() {
  // A new page waits for its LRU list in a batch of its CPU, which holds a reference like any user
  // of the page. Stay on that CPU; a madvise of a second page empties the batch.
  cpu_set_t one_cpu;
  CPU_ZERO(&one_cpu);
  CPU_SET(sched_getcpu(), &one_cpu);
  if (sched_setaffinity(0, sizeof one_cpu, &one_cpu) < 0) die("sched_setaffinity");

  step("store \"p\" to a page of private memory");
  void* pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) die("mmap");
  volatile char* memory = static_cast<char*>(pages);
  memory[0] = 'p';
  if (madvise(static_cast<char*>(pages) + page, page, MADV_COLD) < 0) die("madvise MADV_COLD");
  std::uint64_t first = frame(memory);

  step("fork, and store \"c\" in the child");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    char found = memory[0];
    std::uint64_t read_from = frame(memory);
    memory[0] = 'c';
    std::printf("the child read %c from %s, and stored c to %s\n", found, which(read_from, first),
                which(frame(memory), first));
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("store \"q\" in the parent, now alone with the page");
  char kept = memory[0];
  memory[0] = 'q';

  step("compare");
  std::printf("the parent still had %c, and stored q to %s\n", kept, which(frame(memory), first));

  step("unmap");
  if (munmap(pages, 2 * page) < 0) die("munmap");
}
