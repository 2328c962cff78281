// SPDX-License-Identifier: BSD-2-Clause
//
// Of msync's three flags one does something: MS_SYNC writes the dirty pages and waits. MS_ASYNC
// starts nothing, and MS_INVALIDATE drops nothing.
//
// Run:      build/labs/07-mapping-controls/msync_flags
// Trace:    build/bin/shmpath run 07
// Look for: file_write_and_wait_range below msync in step 5, and in neither of steps 3 and 4.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t size = 16 * page;

// How many pages of the mapping, which is nobody else's, are dirty: newer than the disk.
static size_t dirty_pages(const void* mapping) {
  char start[32];
  std::snprintf(start, sizeof start, "%lx-", reinterpret_cast<unsigned long>(mapping));
  std::ifstream smaps("/proc/self/smaps");  // of each mapping "start-end ..." and "Name: value kB"
  std::string word;
  while (smaps >> word && !word.starts_with(start)) continue;
  while (smaps >> word && word != "Private_Dirty:") continue;
  size_t kilobytes;
  if (!(smaps >> kilobytes)) die("/proc/self/smaps");
  return kilobytes * 1024 / page;
}

int main() {
  step("map a new file of 16 pages");
  int fd = open(".", O_TMPFILE | O_RDWR, 0600);  // a file without a name
  if (fd < 0) fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (fd < 0) die("open O_TMPFILE in the current folder and in /tmp");
  if (ftruncate(fd, static_cast<off_t>(size)) < 0) die("ftruncate");
  auto memory = static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  if (memory == MAP_FAILED) die("mmap");

  step("store to every page");
  rusage before, after;  // ru_oublock counts what was stored for a disk, if there is one
  if (getrusage(RUSAGE_SELF, &before) < 0) die("getrusage");
  std::memset(memory, 'a', size);
  if (getrusage(RUSAGE_SELF, &after) < 0) die("getrusage");

  // Up to eight times each: the kernel may happen to write on its own schedule in between.
  step("MS_ASYNC");
  size_t async = 0, invalidate = 0;
  for (int round = 0; round < 8 && async < 16; round++) {
    std::memset(memory, 'b', size);
    if (msync(memory, size, MS_ASYNC) < 0) die("msync MS_ASYNC");
    async = dirty_pages(memory);
  }

  step("MS_INVALIDATE");
  for (int round = 0; round < 8 && invalidate < 16; round++) {
    std::memset(memory, 'c', size);
    if (msync(memory, size, MS_INVALIDATE) < 0) die("msync MS_INVALIDATE");
    invalidate = dirty_pages(memory);
  }
  bool kept = memory[0] == 'c';

  step("MS_SYNC");
  if (msync(memory, size, MS_SYNC) < 0) die("msync MS_SYNC");
  size_t sync = dirty_pages(memory);

  step("compare");
  if (after.ru_oublock == before.ru_oublock)
    claim("C26", not_checked, "needs a current folder on a disk: this file is in memory only");
  else
    claim("C26", async == 0 && sync == 0 && (invalidate == 0 || !kept) ? holds : differs,
          "dirty of 16 pages: %zu after MS_ASYNC, %zu after MS_INVALIDATE (the stores are %s), %zu "
          "after MS_SYNC",
          async, invalidate, kept ? "kept" : "lost", sync);
}
