// SPDX-License-Identifier: BSD-2-Clause
//
// mlockall locks what is mapped now, what will be mapped, or both. Locking brings every page into
// memory first.
//
// Run:      build/labs/07-mapping-controls/lock_all
// Trace:    build/bin/shmpath run 07
// Look for: __mm_populate below mlockall in step 2, and below mmap in step 3.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

static char* map_four_pages() {
  void* mapping =
      mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) die("mmap");
  return static_cast<char*>(mapping);
}

// How many of four pages are in memory.
static long in_memory(char* memory) {
  unsigned char resident[4];
  if (mincore(memory, 4 * page, resident) < 0) die("mincore");
  return std::count_if(resident, resident + 4, [](unsigned char one) { return (one & 1) != 0; });
}

int main() {
  step("map four pages");
  char* now = map_four_pages();
  long untouched = in_memory(now);

  step("lock everything that is mapped now");
  bool allowed = mlockall(MCL_CURRENT) == 0;
  // An ordinary user may lock everything only if everything is below the limit.
  if (!allowed && errno != ENOMEM && errno != EPERM) die("mlockall MCL_CURRENT");
  long current = in_memory(now);

  step("lock what will be mapped, and map four pages");
  if (munlockall() < 0) die("munlockall");
  if (mlockall(MCL_FUTURE) < 0 && errno != EPERM) die("mlockall MCL_FUTURE");
  char* later = map_four_pages();
  long future = in_memory(later);

  step("unlock everything, and map four pages");
  if (munlockall() < 0) die("munlockall");
  char* last = map_four_pages();
  long unlocked = in_memory(last);

  step("compare");
  std::printf("of four untouched pages in memory: %ld\n", untouched);
  if (allowed)
    std::printf("after MCL_CURRENT: %ld\n", current);
  else
    std::printf("after MCL_CURRENT: not allowed, this program is larger than RLIMIT_MEMLOCK\n");
  std::printf("mapped under MCL_FUTURE: %ld\n", future);
  std::printf("mapped after munlockall: %ld\n", unlocked);

  step("unmap");
  for (char* memory : {now, later, last})
    if (munmap(memory, 4 * page) < 0) die("munmap");
}
