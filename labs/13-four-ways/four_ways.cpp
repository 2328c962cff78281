// SPDX-License-Identifier: BSD-2-Clause
//
// Four ways to memory that can be shared: they differ in how the memory is found and
// set up. In all of them the first touch is a page fault, and the second enters no kernel.
//
// Run:      build/labs/13-four-ways/four_ways
// Trace:    build/bin/shmpath run 13
// Look for: shmem_fault under three of the ways, the fault of the file system under the file.
// Numbers:  times differ from run to run, so they go to standard error; findings go to standard
// output.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

#include "lab.h"

using Clock = std::chrono::steady_clock;
static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t pages = 64, bytes = pages * page;
static bool posix_name = false;
static int shmid = -1;
static std::string folder, file;

static void clean_up() {
  if (posix_name) shm_unlink("/shmpath-lab-13");
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
  if (!file.empty()) unlink(file.c_str());
  if (!folder.empty()) rmdir(folder.c_str());
}

static void* map(int fd) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  return memory;
}

static long faults() {
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) < 0) die("getrusage");
  return usage.ru_minflt + usage.ru_majflt;
}

// Stores to each page twice, and says what the kernel calls the mapping.
static void touch(const char* way, void* memory, Clock::time_point begun) {
  auto bytes_of_it = static_cast<volatile char*>(memory);
  long faults_before = faults();
  auto set_up = Clock::now();
  for (size_t n = 0; n < pages; n++) bytes_of_it[n * page] = 1;
  auto touched = Clock::now();
  long faults_first = faults();
  for (size_t n = 0; n < pages; n++) bytes_of_it[n * page] = 2;
  long faults_again = faults();
  char start[32];  // how the line of this mapping in /proc/self/maps begins
  std::snprintf(start, sizeof start, "%lx-", reinterpret_cast<unsigned long>(memory));
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line) && !line.starts_with(start)) continue;
  std::printf("%s: mapped as %s, %s at the first touch, %ld faults at the second\n", way,
              line.substr(line.rfind('/') + 1).c_str(),
              faults_first > faults_before ? "faults" : "no fault", faults_again - faults_first);
  std::fprintf(stderr, "%s: set-up %.1f us, first touch %.2f us a page, %ld faults for %zu pages\n",
               way, std::chrono::duration<double, std::micro>(set_up - begun).count(),
               std::chrono::duration<double, std::micro>(touched - set_up).count() / pages,
               faults_first - faults_before, pages);
}

int main() {
  std::atexit(clean_up);

  step("POSIX: shm_open, ftruncate, mmap");
  auto begun = Clock::now();
  int posix = shm_open("/shmpath-lab-13", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (posix < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-lab-13)");
  posix_name = true;
  if (ftruncate(posix, static_cast<off_t>(bytes)) < 0) die("ftruncate");
  touch("POSIX", map(posix), begun);

  step("System V: shmget, shmat");
  begun = Clock::now();
  shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  void* segment = shmat(shmid, nullptr, 0);
  if (segment == reinterpret_cast<void*>(-1)) die("shmat");
  touch("System V", segment, begun);

  step("file: open, ftruncate, mmap");
  char here[] = "shmpath-lab-13-XXXXXX", elsewhere[] = "/tmp/shmpath-lab-13-XXXXXX";
  char* made = mkdtemp(here);
  if (made == nullptr) made = mkdtemp(elsewhere);  // not everybody may write here
  if (made == nullptr) die("mkdtemp");
  folder = made;
  file = folder + "/data";
  begun = Clock::now();
  int on_disk = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (on_disk < 0) die("open");
  if (ftruncate(on_disk, static_cast<off_t>(bytes)) < 0) die("ftruncate");
  touch("file", map(on_disk), begun);

  step("memfd: memfd_create, ftruncate, mmap");
  begun = Clock::now();
  int memfd = memfd_create("shmpath-lab-13", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memfd < 0) die("memfd_create");
  if (ftruncate(memfd, static_cast<off_t>(bytes)) < 0) die("ftruncate");
  touch("memfd", map(memfd), begun);
}
