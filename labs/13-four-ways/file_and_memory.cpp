// SPDX-License-Identifier: BSD-2-Clause
//
// A file mapping talks to the disk when a page is not in the page cache. When it is, the touch is a
// fault like that of shared memory, and the disk hears nothing of it.
//
// Run:      build/labs/13-four-ways/file_and_memory
// Trace:    build/bin/shmpath run 13
// Look for: pages allocated under filemap_fault in step 3, and none in step 4.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t pages = 64, bytes = pages * page;

// Reads a byte of each page. Returns what was read from a disk meanwhile, in blocks of 512 bytes,
// and the faults that waited for one. Times go to standard error: no two runs agree.
static long touch(const char* what, int fd) {
  void* memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  // Each page for itself: no reading ahead.
  if (madvise(memory, bytes, MADV_RANDOM) < 0) die("madvise MADV_RANDOM");
  rusage before, after;
  auto begun = std::chrono::steady_clock::now();
  if (getrusage(RUSAGE_SELF, &before) < 0) die("getrusage");
  for (size_t n = 0; n < pages; n++) (void)static_cast<volatile char*>(memory)[n * page];
  if (getrusage(RUSAGE_SELF, &after) < 0) die("getrusage");
  std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
  if (munmap(memory, bytes) < 0) die("munmap");
  long major = after.ru_majflt - before.ru_majflt, blocks = after.ru_inblock - before.ru_inblock;
  std::fprintf(stderr, "%s: %.2f us a touch, %ld faults waited for a disk, %ld blocks read\n", what,
               took.count() / pages, major, blocks);
  return major + blocks;
}

// Both are written whole, and have lost their names at once.
int main() {
  const std::string content(bytes, 'f');

  step("write a file of 64 pages to the disk");
  if (access(".", W_OK) < 0 && chdir("/tmp") < 0) die("chdir");  // not everybody may write here
  char name[] = "shmpath-lab-13-XXXXXX";
  int file = mkostemp(name, O_CLOEXEC);
  if (file < 0) die("mkostemp");
  if (unlink(name) < 0) die("unlink");
  if (pwrite(file, content.data(), bytes, 0) != static_cast<ssize_t>(bytes)) die("pwrite");
  if (fsync(file) < 0) die("fsync");

  step("write as much to a shared memory object");
  int object = shm_open("/shmpath-lab-13", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (object < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-lab-13)");
  if (shm_unlink("/shmpath-lab-13") < 0) die("shm_unlink");
  if (pwrite(object, content.data(), bytes, 0) != static_cast<ssize_t>(bytes)) die("pwrite");

  step("touch the file's pages after the cache has dropped them");
  if (posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0) die("posix_fadvise");
  long cold = touch("file, not cached", file);

  step("touch them again, from a new mapping");
  long warm = touch("file, cached", file);

  step("touch the pages of the object");
  long memory = touch("shared memory", object);
  if (cold == 0)
    claim("C55", not_checked, "needs a file system on a disk in the current folder or /tmp");
  else
    claim("C55", warm == 0 ? differs : holds, "the disk was read for the file %s, for memory %s",
          warm == 0 ? "at the first touches only" : "each time", memory == 0 ? "never" : "too");
}
