// SPDX-License-Identifier: BSD-2-Clause
//
// Of msync's three flags one does something: MS_SYNC writes the dirty pages and waits. MS_ASYNC
// starts nothing, and MS_INVALIDATE drops nothing.
//
// Run:      build/labs/07-mapping-controls/msync_flags
// Trace:    build/bin/shmpath run 07
// Look for: vfs_fsync_range below msync in step 5, and in neither of steps 3 and 4.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const long pages = 16;

// A file below the current folder, or in /tmp. It loses its name at once, so nothing is left of it.
static int make_file() {
  char here[] = "shmpath-lab-07-XXXXXX", in_tmp[] = "/tmp/shmpath-lab-07-XXXXXX";
  char* name = here;
  int fd = mkstemp(name);
  if (fd < 0) fd = mkstemp(name = in_tmp);
  if (fd < 0) die("mkstemp in the current folder and in /tmp");
  if (unlink(name) < 0) die("unlink");
  return fd;
}

// What this process stored that a disk is to get, in bytes; -1 when the kernel does not count. A
// file without a disk adds nothing.
static long bytes_for_disk() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (long value; io >> name >> value;)
    if (name == "write_bytes:") return value;
  return -1;
}

// How many pages of a mapping are dirty, that is, newer than the disk.
static long dirty_pages(const char* mapping) {
  std::ifstream smaps("/proc/self/smaps");  // a line "start-end ..." and then "Name: number kB"
  unsigned long start = 0;
  long here = 0, kilobytes = 0, number = 0;
  for (std::string line; std::getline(smaps, line);) {
    if (std::sscanf(line.c_str(), "%lx-%*x ", &start) == 1 && line.find('-') < line.find(' '))
      here = start == reinterpret_cast<std::uintptr_t>(mapping);
    else if (here && (std::sscanf(line.c_str(), "Shared_Dirty: %ld", &number) == 1 ||
                      std::sscanf(line.c_str(), "Private_Dirty: %ld", &number) == 1))
      kilobytes += number;
  }
  return kilobytes * 1024 / static_cast<long>(page);
}

static void store(volatile char* memory, char value) {
  for (long n = 0; n < pages; n++) memory[static_cast<size_t>(n) * page] = value;
}

int main() {
  const size_t size = pages * page;
  step("map a new file of 16 pages");
  int fd = make_file();
  if (ftruncate(fd, static_cast<off_t>(size)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  auto memory = static_cast<char*>(mapping);

  step("store to every page");
  long before = bytes_for_disk();
  store(memory, 'a');
  long for_disk = bytes_for_disk() - before;

  // Up to eight times each: the kernel may happen to write on its own schedule in between.
  step("MS_ASYNC");
  long after_async = 0;
  for (int round = 0; round < 8 && after_async < pages; round++) {
    store(memory, 'b');
    if (msync(memory, size, MS_ASYNC) < 0) die("msync MS_ASYNC");
    after_async = dirty_pages(memory);
  }

  step("MS_INVALIDATE");
  long after_invalidate = 0;
  for (int round = 0; round < 8 && after_invalidate < pages; round++) {
    store(memory, 'c');
    if (msync(memory, size, MS_INVALIDATE) < 0) die("msync MS_INVALIDATE");
    after_invalidate = dirty_pages(memory);
  }
  bool kept = memory[0] == 'c';

  step("MS_SYNC");
  if (msync(memory, size, MS_SYNC) < 0) die("msync MS_SYNC");
  long after_sync = dirty_pages(memory);

  step("compare");
  if (before < 0)
    claim("C26", not_checked, "needs /proc/self/io (CONFIG_TASK_IO_ACCOUNTING)");
  else if (for_disk == 0)
    claim("C26", not_checked, "needs a current folder on a disk: this file is in memory only");
  else
    claim("C26",
          after_async == 0 && after_sync == 0 && (after_invalidate == 0 || !kept) ? holds : differs,
          "of 16 dirty pages %ld are dirty after MS_ASYNC, %ld after MS_INVALIDATE with the store "
          "%s, %ld after MS_SYNC",
          after_async, after_invalidate, kept ? "kept" : "lost", after_sync);

  step("unmap and close");
  if (munmap(mapping, size) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}
