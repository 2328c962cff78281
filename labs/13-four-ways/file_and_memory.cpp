// SPDX-License-Identifier: BSD-2-Clause
//
// A file mapping talks to the disk when a page is not in the page cache. When it is, the touch is a
// fault like that of shared memory, and the disk hears nothing of it.
//
// Run:      build/labs/13-four-ways/file_and_memory
// Trace:    build/bin/shmpath run 13
// Look for: pages allocated under filemap_fault in step 3, and none in step 4.
// Numbers:  times differ from run to run, so they go to standard error; findings go to standard
// output.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t pages = 64, bytes = pages * page;
static bool created = false;
static std::string folder, file;

static void clean_up() {
  if (created) shm_unlink("/shmpath-lab-13-memory");
  if (!file.empty()) unlink(file.c_str());
  if (!folder.empty()) rmdir(folder.c_str());
}

// What reading a byte of each page cost: major faults are those that waited for a disk, and blocks
// of 512 bytes are what was read from one.
struct Cost {
  long major, blocks;
  double us;
};
static Cost touch(int fd) {
  void* memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  // Each page for itself: no reading ahead.
  if (madvise(memory, bytes, MADV_RANDOM) < 0) die("madvise MADV_RANDOM");
  rusage before, after;
  auto begun = std::chrono::steady_clock::now();
  if (getrusage(RUSAGE_SELF, &before) < 0) die("getrusage");
  for (size_t n = 0; n < pages; n++) (void)static_cast<volatile char*>(memory)[n * page];
  if (getrusage(RUSAGE_SELF, &after) < 0) die("getrusage");
  auto took = std::chrono::steady_clock::now() - begun;
  if (munmap(memory, bytes) < 0) die("munmap");
  return {after.ru_majflt - before.ru_majflt, after.ru_inblock - before.ru_inblock,
          std::chrono::duration<double, std::micro>(took).count() / pages};
}

int main() {
  std::atexit(clean_up);
  const std::string content(bytes, 'f');

  step("write a file of 64 pages to the disk");
  char here[] = "shmpath-lab-13-XXXXXX", elsewhere[] = "/tmp/shmpath-lab-13-XXXXXX";
  char* made = mkdtemp(here);
  if (made == nullptr) made = mkdtemp(elsewhere);  // not everybody may write here
  if (made == nullptr) die("mkdtemp");
  folder = made;
  file = folder + "/data";
  int on_disk = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (on_disk < 0) die("open");
  if (pwrite(on_disk, content.data(), bytes, 0) != static_cast<ssize_t>(bytes)) die("pwrite");
  if (fsync(on_disk) < 0) die("fsync");

  step("write as much to a shared memory object");
  int object = shm_open("/shmpath-lab-13-memory", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (object < 0)
    die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-lab-13-memory)");
  created = true;
  if (pwrite(object, content.data(), bytes, 0) != static_cast<ssize_t>(bytes)) die("pwrite");

  step("touch the file's pages after the cache has dropped them");
  if (posix_fadvise(on_disk, 0, 0, POSIX_FADV_DONTNEED) != 0) die("posix_fadvise");
  Cost cold = touch(on_disk);

  step("touch them again, from a new mapping");
  Cost warm = touch(on_disk);

  step("touch the pages of the object");
  Cost memory = touch(object);

  step("compare");
  std::printf("file, not cached: %s\n", cold.blocks > 0 ? "the disk was read" : "no disk was read");
  std::printf("file, cached: %ld faults waited for a disk, %ld blocks read\n", warm.major,
              warm.blocks);
  std::printf("shared memory: %ld faults waited for a disk, %ld blocks read\n", memory.major,
              memory.blocks);
  std::fprintf(stderr, "a touch: not cached %.2f us, cached %.2f us, shared memory %.2f us\n",
               cold.us, warm.us, memory.us);
  std::fprintf(stderr, "not cached: %ld faults waited for a disk, %ld blocks read\n", cold.major,
               cold.blocks);
  if (cold.blocks == 0)
    claim("C55", not_checked, "needs a file system on a disk in the current folder or /tmp");
  else
    claim("C55", warm.major == 0 && warm.blocks == 0 ? differs : holds,
          "the first touches read the disk, those of cached pages %s",
          warm.blocks == 0 ? "did not" : "did too");
}
