// SPDX-License-Identifier: BSD-2-Clause
//
// A shared page belongs to a file and is counted as anonymous, because swap is the only place that
// it could be written to.
//
// Run:      build/labs/03-first-touch/many_pages
// Trace:    build/bin/shmpath run 03
// Look for: lru_add for 31 pages at a time, under the fault whose page filled the batch.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "lab.h"

static const long page = sysconf(_SC_PAGESIZE);
static const char* const names[] = {"Inactive(anon)", "Active(anon)", "Inactive(file)",
                                    "Active(file)"};

// The lengths of the LRU lists in pages, from /proc/meminfo.
static void read_lengths(long (&lengths)[4]) {
  std::ifstream meminfo("/proc/meminfo");
  std::string name, unit;
  for (long kilobytes; meminfo >> name >> kilobytes && std::getline(meminfo, unit);)
    for (int list = 0; list < 4; list++)
      if (name == names[list] + std::string(":")) lengths[list] = kilobytes * 1024 / page;
}

int main() {
  auto bytes = static_cast<size_t>(512 * page);
  auto memory = static_cast<char*>(
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) die("mmap");

  step("store to 512 pages, and free them, three times");
  long before[4], after[4], shorter[4][3];  // how many pages each list loses when they are freed
  for (int round = 0; round < 3; round++) {
    for (char* here = memory; here < memory + bytes; here += page) *here = 1;
    read_lengths(before);
    if (madvise(memory, bytes, MADV_REMOVE) < 0) die("madvise MADV_REMOVE");
    read_lengths(after);
    for (int list = 0; list < 4; list++) shorter[list][round] = before[list] - after[list];
  }

  step("compare");
  std::string counted_in;
  for (int list = 0; list < 4; list++) {
    std::sort(shorter[list], shorter[list] + 3);
    // The middle one: other programs move the lists too. A quarter: a batch, and the counts that
    // each processor keeps for itself, may hold some pages back.
    if (shorter[list][1] > 128) counted_in += names[list];
  }
  // The multi-generational LRU counts young pages as active.
  bool anon_lists_only = counted_in == "Inactive(anon)" || counted_in == "Active(anon)";
  claim("C07", anon_lists_only ? holds : differs, "the 512 pages were counted in %s",
        counted_in.empty() ? "no list" : counted_in.c_str());
}
