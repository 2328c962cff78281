// SPDX-License-Identifier: BSD-2-Clause
//
// How many levels the page table has, told by the addresses that the kernel lets a program map.
//
// Run:      build/labs/04-same-frame/levels
// Trace:    build/bin/shmpath run 04
// Look for: one allocation for each level below the top one, in step 2.

#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstdint>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

int main() {
  step("find the highest power of two that is an address one can map");
  int bit = 62;
  void* mapping = MAP_FAILED;
  for (; bit > 30 && mapping == MAP_FAILED; bit--) {
    void* address = reinterpret_cast<void*>(std::uintptr_t{1} << bit);
    // An address beyond the page table's reach is ENOMEM, whatever the machine's limits.
    mapping = mmap(address, page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapping == MAP_FAILED && errno != ENOMEM) die("mmap MAP_FIXED_NOREPLACE");
  }
  if (mapping == MAP_FAILED) {
    claim("C46", not_checked, "no address above 2^31 can be mapped");
    return 0;
  }

  step("store to it: nothing near has a page table yet");
  static_cast<volatile char*>(mapping)[0] = 0x11;

  step("count the levels");
  // The address is 2^(bit+1), so bits 0 to bit+1 of it vary. A table fills a page with entries of 8
  // bytes, so each level takes log2(page / 8) bits; the rest is the offset in the page.
  int varying = bit + 2, in_page = std::countr_zero(page), in_level = in_page - 3;
  int levels = (varying - in_page + in_level - 1) / in_level;
  claim("C46", levels == 4 ? holds : differs,
        "addresses of %d bits, %d of them in the page, %d for each level: %d levels", varying,
        in_page, in_level, levels);

  step("unmap it");
  if (munmap(mapping, page) < 0) die("munmap");
}
