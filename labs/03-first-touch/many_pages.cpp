// SPDX-License-Identifier: BSD-2-Clause
//
// A shared page belongs to a file and is counted as anonymous, but not at once: it waits in a
// batch of its CPU's new pages until the batch is full or drained.
//
// Run:      build/labs/03-first-touch/many_pages
// Trace:    build/bin/shmpath run 03
// Look for: lru_add for 31 pages at a time, under the fault whose page filled the batch.

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

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

// The lengths of the LRU lists in pages, from /proc/meminfo.
static const char* const names[] = {"Inactive(anon)", "Active(anon)", "Inactive(file)",
                                    "Active(file)"};
static void read_lengths(long (&lengths)[4]) {
  std::ifstream meminfo("/proc/meminfo");
  std::string name, unit;
  for (long kilobytes; meminfo >> name >> kilobytes && std::getline(meminfo, unit);)
    for (int list = 0; list < 4; list++)
      if (name == names[list] + std::string(":")) lengths[list] = kilobytes * 1024 / page;
}

int main() {
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  if (pagemap < 0) die("open /proc/self/pagemap");
  int kpageflags = open("/proc/kpageflags", O_RDONLY);  // -1 unless root asks
  cpu_set_t one_cpu;  // each CPU has a batch of its own: stay on one
  CPU_ZERO(&one_cpu);
  CPU_SET(sched_getcpu(), &one_cpu);
  if (sched_setaffinity(0, sizeof one_cpu, &one_cpu) < 0) die("sched_setaffinity");
  auto bytes = static_cast<size_t>(1024 * page);
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
    if (madvise(spare, bytes, MADV_COLD) < 0) die("madvise MADV_COLD");  // an empty batch
    *last = 1;
    at_once = page_flags(pagemap, kpageflags, last);
  }

  step("drain the batch, and look again");
  // Advice about other pages, but the kernel drains the batch before it takes any.
  if (madvise(spare, bytes, MADV_COLD) < 0) die("madvise MADV_COLD");
  std::uint64_t drained = page_flags(pagemap, kpageflags, last - page);

  step("store to 1024 pages, and free them, five times");
  long before[4], after[4], shorter[4][5];  // how many pages each list loses when they are freed
  for (int round = 0; round < 5; round++) {
    for (char* here = memory; here < memory + bytes; here += page) *here = 1;
    if (madvise(spare, bytes, MADV_COLD) < 0) die("madvise MADV_COLD");
    read_lengths(before);
    if (madvise(memory, bytes, MADV_REMOVE) < 0) die("madvise MADV_REMOVE");
    read_lengths(after);
    for (int list = 0; list < 4; list++) shorter[list][round] = before[list] - after[list];
  }

  step("compare");
  std::string counted_in;
  for (int list = 0; list < 4; list++) {
    std::sort(shorter[list], shorter[list] + 5);
    // The middle one: other programs move the lists too.
    if (shorter[list][2] > 512) counted_in += names[list];
  }
  std::printf("the 1024 pages were counted in: %s\n", counted_in.c_str());
  // The multi-generational LRU counts young pages as active.
  bool anon_lists_only = counted_in == "Inactive(anon)" || counted_in == "Active(anon)";
  bool waited = !(at_once & lru) && drained & lru;
  bool shmem = drained & swap_backed && !(drained & anonymous);
  if (at_once == 0)
    claim("C07", not_checked,
          "needs root (without CAP_SYS_ADMIN the kernel shows no frame numbers, so no flags)");
  else
    claim("C07", waited && shmem && anon_lists_only ? holds : differs,
          "KPF_SWAPBACKED %d, KPF_ANON %d, KPF_LRU %d at once and %d once drained; counted in %s",
          (drained & swap_backed) != 0, (drained & anonymous) != 0, (at_once & lru) != 0,
          (drained & lru) != 0, counted_in.empty() ? "no list" : counted_in.c_str());
}
