// SPDX-License-Identifier: BSD-2-Clause
//
// A page costs a page fault when it is touched first, unless it was asked for before.
//
// Run:      ./budget NONCE populate      (or half, huge)
// Look for: the number of page faults in the mapping

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

constexpr size_t page = 4096, huge_page = 512 * page;

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// 64 pages, and no page fault when they are touched: mmap itself is to fill the page table.
static char* populate() {
  int flags = MAP_SHARED | MAP_ANONYMOUS;
  // BEGIN SOLUTION 04
  // todo: one flag is missing
  flags |= MAP_POPULATE;
  // END SOLUTION 04
  void* memory = mmap(nullptr, 64 * page, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  return static_cast<char*>(memory);
}

// 64 pages, and exactly 32 page faults: half of them are asked for by an advice.
static char* half() {
  void* memory =
      mmap(nullptr, 64 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  // BEGIN SOLUTION 04
  // todo: give the kernel an advice on the first 32 pages
  if (madvise(memory, 32 * page, MADV_POPULATE_WRITE) < 0) die("madvise");
  // END SOLUTION 04
  return static_cast<char*>(memory);
}

// 512 pages in one huge page, which is one page fault: it must begin where a huge page can.
static char* huge() {
  void* memory =
      mmap(nullptr, 2 * huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto begin = reinterpret_cast<uintptr_t>(memory);
  // BEGIN SOLUTION 04
  // todo: round `begin` up, and ask for a huge page there
  begin = (begin + huge_page - 1) / huge_page * huge_page;
  if (madvise(reinterpret_cast<void*>(begin), huge_page, MADV_HUGEPAGE) < 0) die("madvise");
  // END SOLUTION 04
  return reinterpret_cast<char*>(begin);
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: budget NONCE populate|half|huge\n"), 2;
  const std::string way = argv[2];
  char* memory = way == "populate" ? populate() : way == "half" ? half() : huge();
  const size_t pages = way == "huge" ? 512 : 64;
  for (size_t i = 0; i < pages; i++) memory[i * page] = 1;
  std::printf("%s %s: %zu pages touched\n", argv[1], argv[2], pages);
}
