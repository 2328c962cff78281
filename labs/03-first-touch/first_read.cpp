// SPDX-License-Identifier: BSD-2-Clause
//
// A read of shared memory that nobody has touched takes a frame: private memory would be given the
// shared page of zeros, but here another process may store to the page at any time.
//
// Run:      build/labs/03-first-touch/first_read
// Trace:    build/bin/shmpath run 03
// Look for: two read faults in step 2, each with an allocation below shmem_fault.

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdint>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
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

  step("attach a new segment of three pages");
  shmid = shmget(IPC_PRIVATE, 3 * page, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  void* attached = shmat(shmid, nullptr, 0);
  if (attached == reinterpret_cast<void*>(-1)) die("shmat");
  volatile char* segment = static_cast<char*>(attached);

  step("read a byte of its first two pages");
  int sum = segment[0] + segment[page];

  step("store a byte to the third");
  segment[2 * page] = 1;

  step("compare the frames");
  std::uint64_t frame_1 = frame(segment), frame_2 = frame(segment + page);
  bool own_frames = frame_1 != 0 && frame_2 != 0 && frame_1 != frame_2;
  if (frame(segment + 2 * page) == 0)
    claim("C16", not_checked,
          "needs root (without CAP_SYS_ADMIN the kernel shows no frame numbers)");
  else
    claim("C16", own_frames && sum == 0 ? holds : differs, "two pages that were only read have %s",
          own_frames ? "a frame each" : "no frames of their own");

  step("remove the segment");
  if (shmdt(attached) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
