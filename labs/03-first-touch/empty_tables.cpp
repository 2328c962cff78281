// SPDX-License-Identifier: BSD-2-Clause
//
// mmap and shmat only promise memory: the page table has no entry until a page is touched.
//
// Run:      build/labs/03-first-touch/empty_tables
// Trace:    build/bin/shmpath run 03
// Look for: two page faults in step 3 and two in step 4, none in steps 1 and 2.

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdint>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// Whether the page table has an entry for an address: bit 63 of its 8 bytes in /proc/self/pagemap.
static int present(const volatile char* address) {
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  if (pagemap < 0) die("open /proc/self/pagemap");
  std::uint64_t entry = 0;
  auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address) / page * sizeof entry);
  if (pread(pagemap, &entry, sizeof entry, offset) != sizeof entry) die("pread /proc/self/pagemap");
  if (close(pagemap) < 0) die("close");
  return static_cast<int>(entry >> 63);
}

int main() {
  std::atexit(clean_up);

  step("attach a new segment of two pages");
  shmid = shmget(IPC_PRIVATE, 2 * page, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  void* attached = shmat(shmid, nullptr, 0);
  if (attached == reinterpret_cast<void*>(-1)) die("shmat");
  volatile char* segment = static_cast<char*>(attached);

  step("map two pages of nameless shared memory");
  void* mapping =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* mapped = static_cast<char*>(mapping);
  int untouched =
      present(segment) + present(segment + page) + present(mapped) + present(mapped + page);

  step("read a byte of each page of the segment");
  static_cast<void>(segment[0] + segment[page]);

  step("store a byte to each page of the mapping");
  mapped[0] = 1;
  mapped[page] = 1;

  step("map one page with MAP_POPULATE");
  void* populated =
      mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (populated == MAP_FAILED) die("mmap MAP_POPULATE");

  step("look at the page table");
  int touched =
      present(segment) + present(segment + page) + present(mapped) + present(mapped + page);
  claim("C19", untouched == 0 && touched == 4 ? holds : differs,
        "of 4 pages %d had an entry before the touch, %d after it; 1 page with MAP_POPULATE had %d "
        "before any touch",
        untouched, touched, present(static_cast<char*>(populated)));

  step("remove the segment");
  if (shmdt(attached) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
