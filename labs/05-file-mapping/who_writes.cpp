// SPDX-License-Identifier: BSD-2-Clause
//
// A store makes a page dirty, and no more. munmap does not write it: the kernel's flusher threads
// do, when they find it old enough, or whoever asks with msync or fsync.
//
// Run:      sudo build/labs/05-file-mapping/who_writes
// Trace:    build/bin/shmpath run 05
// Look for: no ext4_writepages in step 3, and one in step 4.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static char name[] = "shmpath-lab-05-XXXXXX";
static bool created = false;

static void clean_up() {
  if (created) unlink(name);
}

// One of the 8-byte entries of /proc/self/pagemap or /proc/kpageflags; 0 when it is closed to us.
static std::uint64_t entry(const char* path, std::uint64_t index) {
  std::uint64_t value = 0;
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  if (pread(fd, &value, sizeof value, static_cast<off_t>(index * sizeof value)) < 0) value = 0;
  close(fd);
  return value;
}

int main() {
  std::atexit(clean_up);
  constexpr std::uint64_t dirty = 1u << 4, writeback = 1u << 8;  // KPF_DIRTY, KPF_WRITEBACK

  step("write a file of one page to the disk, and map it");
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  created = true;
  if (ftruncate(fd, static_cast<off_t>(page)) < 0 || pwrite(fd, "a", 1, 0) != 1) die("pwrite");
  if (fsync(fd) < 0) die("fsync");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* area = static_cast<char*>(mapping);
  char before = area[0];
  std::uint64_t frame =
      entry("/proc/self/pagemap", reinterpret_cast<std::uintptr_t>(mapping) / page) &
      ((1ull << 55) - 1);
  std::uint64_t clean = entry("/proc/kpageflags", frame);

  step("store to it");
  area[0] = 'b';

  step("unmap it");
  if (munmap(mapping, page) < 0) die("munmap");
  std::uint64_t unmapped = entry("/proc/kpageflags", frame);
  char byte = 0;
  if (pread(fd, &byte, 1, 0) != 1) die("pread");

  step("ask for the file to be written");
  if (fsync(fd) < 0) die("fsync");
  std::uint64_t written = entry("/proc/kpageflags", frame);

  step("compare the flags of the page");
  std::printf("read() of the file: %c before, %c after the store\n", before, byte);
  if (frame == 0)
    claim("C24", not_checked,
          "needs root (without CAP_SYS_ADMIN the kernel shows no frame numbers)");
  else if (written & dirty)
    claim("C24", not_checked, "this file system has no disk to write to: dirty after fsync");
  else
    claim("C24", !(clean & dirty) && (unmapped & (dirty | writeback)) == dirty ? holds : differs,
          "KPF_DIRTY was %d before the store, %d after munmap, %d after fsync", !!(clean & dirty),
          !!(unmapped & dirty), !!(written & dirty));
}
