// SPDX-License-Identifier: BSD-2-Clause
//
// A shared page belongs to a file and is swapped like an anonymous one. It goes on an LRU list, but
// not at once: it waits in a batch of its CPU's new pages until the batch is full or drained.
//
// Run:      build/labs/03-first-touch/batch
// Trace:    build/bin/shmpath run 03
// Look for: folio_add_lru in step 1, and lru_add for that page in step 2.

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "lab.h"

static const long page = sysconf(_SC_PAGESIZE);
// Bits of /proc/kpageflags.
enum : std::uint64_t { lru = 1 << 5, anonymous = 1 << 12, swap_backed = 1 << 14 };

// The flags of the page frame behind an address; 0 unless root asks.
static std::uint64_t page_flags(int pagemap, int kpageflags, const char* address) {
  std::uint64_t entry = 0, flags = 0;
  if (pread(pagemap, &entry, 8, reinterpret_cast<long>(address) / page * 8) != 8)
    die("pread /proc/self/pagemap");
  long frame = static_cast<long>(entry & ((1ull << 55) - 1));
  if (frame != 0 && kpageflags >= 0 && pread(kpageflags, &flags, 8, frame * 8) != 8)
    die("pread /proc/kpageflags");
  return flags;
}

// Advice about a page, which is not taken before the batch of this CPU is drained.
static void drain(void* spare) {
  if (madvise(spare, static_cast<size_t>(page), MADV_COLD) < 0) die("madvise MADV_COLD");
}

int main() {
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  if (pagemap < 0) die("open /proc/self/pagemap");
  int kpageflags = open("/proc/kpageflags", O_RDONLY);  // -1 unless root asks
  cpu_set_t one_cpu;  // each CPU has a batch of its own: stay on one
  CPU_ZERO(&one_cpu);
  CPU_SET(sched_getcpu(), &one_cpu);
  if (sched_setaffinity(0, sizeof one_cpu, &one_cpu) < 0) die("sched_setaffinity");
  auto bytes = static_cast<size_t>(8 * page);
  void* spare = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (spare == MAP_FAILED) die("mmap");

  step("store to one page, and look at it at once");
  auto memory = static_cast<char*>(
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) die("mmap");
  char* last = memory;
  std::uint64_t at_once = lru;
  // Up to eight times: another program may drain the batch between the store and the look.
  for (; at_once & lru && last < memory + 8 * page; last += page) {
    drain(spare);  // an empty batch
    *last = 1;
    at_once = page_flags(pagemap, kpageflags, last);
  }

  step("drain the batch, and look again");
  drain(spare);
  std::uint64_t drained = page_flags(pagemap, kpageflags, last - page);
  bool waited = !(at_once & lru) && drained & lru;
  bool shmem = drained & swap_backed && !(drained & anonymous);
  if (at_once == 0)
    claim("C07", not_checked,
          "needs root (without CAP_SYS_ADMIN the kernel shows no frame numbers, so no flags)");
  else
    claim("C07", waited && shmem ? holds : differs,
          "KPF_SWAPBACKED %d, KPF_ANON %d, KPF_LRU %d at once and %d once drained",
          (drained & swap_backed) != 0, (drained & anonymous) != 0, (at_once & lru) != 0,
          (drained & lru) != 0);
}
