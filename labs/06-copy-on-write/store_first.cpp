// SPDX-License-Identifier: BSD-2-Clause
//
// When the first touch of a private page is a store, one fault does it all: the page of the file is
// copied and never mapped. A read before the store costs a second fault.
//
// Run:      build/labs/06-copy-on-write/store_first
// Trace:    build/bin/shmpath run 06
// Look for: one fault in step 2, without do_wp_page; two in step 3, the second with it.

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// The page faults of this thread so far.
static long faults() {
  rusage usage{};
  if (getrusage(RUSAGE_THREAD, &usage) < 0) die("getrusage");
  return usage.ru_minflt + usage.ru_majflt;
}

int main() {
  step("map a file of two pages privately");
  char name[] = "shmpath-lab-06-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  if (unlink(name) < 0) die("unlink");  // the descriptor is enough
  if (ftruncate(fd, static_cast<off_t>(2 * page)) < 0) die("ftruncate");
  if (pwrite(fd, "a", 1, 0) != 1) die("pwrite");
  if (pwrite(fd, "b", 1, static_cast<off_t>(page)) != 1) die("pwrite");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* first = static_cast<char*>(mapping);
  volatile char* second = first + page;

  step("store to the first page");
  long start = faults();
  first[1] = 'x';
  long store_alone = faults() - start;

  step("read the second page, then store to it");
  start = faults();
  char read = second[0];
  second[1] = 'x';
  long read_and_store = faults() - start;

  step("compare");
  std::printf("page faults: %ld for the store alone, %ld for the read and the store\n", store_alone,
              read_and_store);
  std::printf("the pages begin with \"%c%c\" and \"%c%c\"\n", first[0], first[1], read, second[1]);

  step("unmap and close");
  if (munmap(mapping, 2 * page) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}
