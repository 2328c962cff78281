// SPDX-License-Identifier: BSD-2-Clause
//
// Four ways to shared memory: they differ in how it is found and set up. In all of them the first
// touch is a page fault, and the second enters no kernel.
//
// Run:      build/labs/13-four-ways/four_ways
// Trace:    build/bin/shmpath run 13
// Look for: shmem_fault under three of the ways, the fault of the file system under the file.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include <chrono>

#include "lab.h"

using Clock = std::chrono::steady_clock;
static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), bytes = 64 * page;

static void* map(int fd) {
  if (ftruncate(fd, static_cast<off_t>(bytes)) < 0) die("ftruncate");
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  return memory;
}

static long faults() {
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) < 0) die("getrusage");
  return usage.ru_minflt + usage.ru_majflt;
}

// Stores to each page twice. Times go to standard error: no two runs agree.
static void touch(const char* way, void* memory, Clock::time_point begun) {
  std::chrono::duration<double, std::micro> set_up = Clock::now() - begun;
  auto buf = static_cast<volatile char*>(memory);
  long before = faults();
  for (size_t at = 0; at < bytes; at += page) buf[at] = 1;
  long first = faults();
  for (size_t at = 0; at < bytes; at += page) buf[at] = 2;
  std::printf("%s: %s at the first touch, %ld faults at the second\n", way,
              first > before ? "faults" : "no fault", faults() - first);
  std::fprintf(stderr, "%s: set-up %.1f us, %ld faults\n", way, set_up.count(), first - before);
}

int main() {
  step("POSIX: shm_open, ftruncate, mmap");
  auto begun = Clock::now();
  int posix = shm_open("/shmpath-lab-13", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (posix < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-lab-13)");
  if (shm_unlink("/shmpath-lab-13") < 0) die("shm_unlink");  // the memory stays while it is mapped
  touch("POSIX", map(posix), begun);

  step("System V: shmget, shmat");
  begun = Clock::now();
  int shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  void* segment = shmat(shmid, nullptr, 0);
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  if (segment == reinterpret_cast<void*>(-1)) die("shmat");
  touch("System V", segment, begun);

  step("file: open, ftruncate, mmap");
  if (access(".", W_OK) < 0 && chdir("/tmp") < 0) die("chdir");  // not everybody may write here
  char name[] = "shmpath-lab-13-XXXXXX";
  begun = Clock::now();
  int file = mkostemp(name, O_CLOEXEC);
  if (file < 0) die("mkostemp");
  if (unlink(name) < 0) die("unlink");
  touch("file", map(file), begun);

  step("memfd: memfd_create, ftruncate, mmap");
  begun = Clock::now();
  int memfd = memfd_create("shmpath-lab-13", MFD_CLOEXEC);
  if (memfd < 0) die("memfd_create");
  touch("memfd", map(memfd), begun);
}
