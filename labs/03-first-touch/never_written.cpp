// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment has pages like a file's and no disk to write them to.
//
// Run:      build/labs/03-first-touch/never_written
// Trace:    build/bin/shmpath run 03
// Look for: 64 faults that allocate, and an msync that finds nothing to do.

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// The bytes this process has made the kernel send towards a disk; -1 when the kernel does not
// count.
static long bytes_written() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (long value; io >> name >> value;)
    if (name == "write_bytes:") return value;
  return -1;
}

// The major number of the device behind an address: 0 when there is none.
static int device_major(const void* address) {
  std::ifstream maps("/proc/self/maps");  // start-end permissions offset major:minor inode name
  unsigned long start, end;
  unsigned major;
  for (std::string line; std::getline(maps, line);)
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %*s %x:", &start, &end, &major) == 3 &&
        start == reinterpret_cast<unsigned long>(address))
      return static_cast<int>(major);
  return -1;
}

int main() {
  std::atexit(clean_up);
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

  step("attach a segment of 64 pages");
  shmid = shmget(IPC_PRIVATE, 64 * page, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  auto segment = static_cast<char*>(shmat(shmid, nullptr, 0));
  if (segment == reinterpret_cast<char*>(-1)) die("shmat");
  int major = device_major(segment);
  long before = bytes_written();

  step("store to every page");
  for (size_t n = 0; n < 64; n++) segment[n * page] = 1;

  step("ask for it to be written");
  if (msync(segment, 64 * page, MS_SYNC) < 0) die("msync");

  step("count what was written");
  long written = bytes_written() - before;
  if (before < 0)
    claim("C13", not_checked, "needs /proc/self/io (CONFIG_TASK_IO_ACCOUNTING)");
  else
    claim("C13", major == 0 && written == 0 ? holds : differs,
          "device major %d behind the segment, %ld bytes written back after msync", major, written);

  step("remove it");
  if (shmdt(segment) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
