// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment has its size for life. A file begins with none and takes any.
//
// Run:      build/labs/05-file-mapping/sizes
// Trace:    build/bin/shmpath run 05
// Look for: the second shmget, which fails, and the second ftruncate, which does not.

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static char name[] = "shmpath-lab-05-XXXXXX";
static bool created = false;
static int shmid = -1;

static void clean_up() {
  if (created) unlink(name);
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

static long size_of(int fd) {
  struct stat file;
  if (fstat(fd, &file) < 0) die("fstat");
  return static_cast<long>(file.st_size / static_cast<off_t>(page));
}

int main() {
  std::atexit(clean_up);

  step("make a file, and let it grow to one page, mapped");
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  created = true;
  long at_first = size_of(fd);
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");

  step("let it grow to two, and store to the second through the same mapping");
  if (ftruncate(fd, static_cast<off_t>(2 * page)) < 0) die("ftruncate");
  static_cast<volatile char*>(mapping)[page] = 'a';
  long at_last = size_of(fd);

  step("make a segment of one page");
  key_t key = ftok(name, 1);
  if (key < 0) die("ftok");
  shmid = shmget(key, page, IPC_CREAT | IPC_EXCL | 0600);
  if (shmid < 0) die("shmget");

  step("ask for the same segment with two pages");
  int larger = shmget(key, 2 * page, 0600);
  bool refused = larger < 0 && errno == EINVAL;
  shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  bool fixed = refused && segment.shm_segsz == page;
  claim("C14", fixed && at_first == 0 && at_last == 2 ? holds : differs,
        "the segment %s; the file had %ld pages, then %ld",
        fixed ? "refuses a larger size with EINVAL" : "took another size", at_first, at_last);

  step("remove both");
  if (munmap(mapping, 2 * page) < 0) die("munmap");
}
