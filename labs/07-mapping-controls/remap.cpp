// SPDX-License-Identifier: BSD-2-Clause
//
// mremap makes a mapping longer where it is, if the addresses behind it are free; otherwise it
// moves it, if it may; otherwise it fails, and says so with MAP_FAILED, which is not NULL.
//
// Run:      build/labs/07-mapping-controls/remap
// Trace:    build/bin/shmpath run 07
// Look for: move_vma and move_page_tables in step 4 only.

#include <sys/mman.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

int main() {
  step("map four pages, and free all but the first");
  void* mapping =
      mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) die("mmap");
  char* first = static_cast<char*>(mapping);
  if (munmap(first + page, 3 * page) < 0) die("munmap");
  first[0] = 'a';

  step("grow it to two pages");
  void* grown = mremap(first, page, 2 * page, 0);
  if (grown == MAP_FAILED) die("mremap");
  bool in_place = grown == first;

  step("grow it to three pages, with another mapping in the way");
  void* in_the_way = mmap(first + 2 * page, page, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (in_the_way != first + 2 * page) die("mmap");
  errno = 0;
  void* refused = mremap(first, 2 * page, 3 * page, 0);
  const char* reason = std::strerror(errno);

  step("grow it to three pages with MREMAP_MAYMOVE");
  void* moved = mremap(first, 2 * page, 3 * page, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) die("mremap MREMAP_MAYMOVE");
  bool elsewhere = moved != first && *static_cast<char*>(moved) == 'a';

  step("compare");
  if (refused != nullptr && refused != MAP_FAILED)
    claim("C30", not_checked, "the call that was to fail returned an address");
  else
    claim("C30", in_place && elsewhere && refused == nullptr ? holds : differs,
          "with room behind it, it %s; with none, it returned %s (%s); with MREMAP_MAYMOVE it %s",
          in_place ? "grew in place" : "moved", refused == nullptr ? "NULL" : "MAP_FAILED", reason,
          elsewhere ? "moved and kept its byte" : "did not move");

  step("unmap");
  if (munmap(moved, 3 * page) < 0 || munmap(in_the_way, page) < 0) die("munmap");
}
