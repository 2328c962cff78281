// SPDX-License-Identifier: BSD-2-Clause
//
// The first touch of a page allocates it. Every later touch, through any mapping, finds it.
//
// Run:      build/labs/03-first-touch/first_touch
// Trace:    build/bin/shmpath run 03
// Look for: a page fault in steps 2 and 4, and mm_page_alloc below shmem_fault in step 2 only.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static bool created = false;

static void clean_up() {
  if (created) shm_unlink("/shmpath-first-touch");
}

// The page frame behind an address, from /proc/self/pagemap, 8 bytes a page: bit 63 says whether
// there is one, bits 0 to 54 its number, which the kernel shows to root only.
static std::uint64_t frame(const volatile char* address) {
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  if (pagemap < 0) die("open /proc/self/pagemap");
  std::uint64_t entry = 0;
  auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address) / page * sizeof entry);
  if (pread(pagemap, &entry, sizeof entry, offset) != sizeof entry) die("pread /proc/self/pagemap");
  if (close(pagemap) < 0) die("close");
  return entry >> 63 ? entry & ((1ull << 55) - 1) : 0;
}

int main() {
  std::atexit(clean_up);

  step("map a new object of two pages");
  int fd = shm_open("/shmpath-first-touch", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-first-touch)");
  created = true;
  if (ftruncate(fd, static_cast<off_t>(2 * page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* first = static_cast<char*>(mapping);

  step("store to its first page");
  first[0] = 0x11;

  step("map the same object again");
  void* other_mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (other_mapping == MAP_FAILED) die("mmap");
  volatile char* second = static_cast<char*>(other_mapping);

  step("store to that page through the second mapping");
  second[1] = 0x12;

  step("compare the frames");
  std::printf("bytes seen through the first mapping: 0x%x 0x%x\n", first[0], first[1]);
  std::uint64_t frame_1 = frame(first), frame_2 = frame(second);
  if (frame_1 == 0)
    claim("C08", not_checked,
          "needs root (without CAP_SYS_ADMIN the kernel shows no frame numbers)");
  else
    claim("C08", frame_1 == frame_2 ? holds : differs, "the second mapping reached %s",
          frame_1 == frame_2 ? "the frame that the first one allocated" : "another frame, or none");

  step("remove it");
  if (munmap(other_mapping, 2 * page) < 0 || munmap(mapping, 2 * page) < 0) die("munmap");
  if (shm_unlink("/shmpath-first-touch") < 0) die("shm_unlink");
  created = false;
  if (close(fd) < 0) die("close");
}
