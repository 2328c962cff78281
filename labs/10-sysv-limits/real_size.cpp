// SPDX-License-Identifier: BSD-2-Clause
//
// A segment takes its bytes rounded up to whole pages, and not four pages more.
//
// Run:      build/labs/10-sysv-limits/real_size
// Trace:    build/bin/shmpath run 10
// Look for: one mm_page_alloc below shmem_fault for each page, and no more.

#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// Bytes of the segment that are in memory or in swap, from the line that ipcs -m -u adds up.
static long bytes_held() {
  std::ifstream table("/proc/sysvipc/shm");
  for (std::string line; std::getline(table, line);) {
    std::istringstream columns(line);
    long column[16];  // the second is the id, the last two are what is in memory and in swap
    for (long& value : column) columns >> value;
    if (columns && column[1] == shmid) return column[14] + column[15];
  }
  return -1;
}

// Pages that all segments together are charged with.
static long pages_charged() {
  shm_info use;
  if (shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&use)) < 0) die("shmctl SHM_INFO");
  return static_cast<long>(use.shm_tot);
}

int main() {
  std::atexit(clean_up);
  const long page = sysconf(_SC_PAGESIZE);
  if (page <= 0) die("sysconf");

  step("leave the segments of other programs behind");
  // An IPC namespace of one's own has none, so that the counts are of this segment. An ordinary
  // user needs a user namespace too. Where neither is allowed, the counts are everybody's.
  bool alone = unshare(CLONE_NEWIPC) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWIPC) == 0;
  long charged_before = pages_charged();

  step("create a segment of a page and a byte");
  const long bytes = page + 1;
  shmid = shmget(IPC_PRIVATE, static_cast<size_t>(bytes), IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  long charged = pages_charged() - charged_before;
  long empty = bytes_held();

  step("store to all of it");
  auto memory = static_cast<char*>(shmat(shmid, nullptr, 0));
  if (memory == reinterpret_cast<char*>(-1)) die("shmat");
  for (long at = 0; at < bytes; at++) memory[at] = 1;
  long full = bytes_held();

  step("compare with the documents' formula");
  long rounded = (bytes + page - 1) / page;
  std::printf("rounded up: %ld pages; the formula: %ld pages\n", rounded, rounded + 4);
  claim("C32", full == (rounded + 4) * page ? holds : differs,
        "it holds %ld pages at first and %ld when all is stored to; shmall is charged with %s",
        empty / page, full / page, alone ? std::to_string(charged).c_str() : "(not alone here)");

  step("remove it");
  if (shmdt(memory) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
