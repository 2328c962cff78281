// SPDX-License-Identifier: BSD-2-Clause
//
// SHM_LOCK is not for root only: an ordinary user may lock its own segments up to RLIMIT_MEMLOCK.
//
// Run:      build/labs/10-sysv-limits/lock
// Trace:    build/bin/shmpath run 10
// Look for: the three shmctl(SHM_LOCK), which differ only in the limit: 0, ENOMEM and EPERM.

#include <grp.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

static const char* result(int error) { return error == 0 ? "locked" : strerrorname_np(error); }

// Locks the segment under a limit of this many pages; 0, or the errno of the refusal.
static int lock_with_limit(rlim_t pages) {
  rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0) die("getrlimit");
  limit.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
  if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0) die("setrlimit");
  int error = shmctl(shmid, SHM_LOCK, nullptr) == 0 ? 0 : errno;
  shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  bool locked = segment.shm_perm.mode & SHM_LOCKED;
  std::printf("limit in pages %lu: %s, SHM_LOCKED %d\n", pages, result(error), locked);
  if (locked != (error == 0)) die("shmctl SHM_LOCK did not do as it says");
  if (locked && shmctl(shmid, SHM_UNLOCK, nullptr) < 0) die("shmctl SHM_UNLOCK");
  return error;
}

int main() {
  std::atexit(clean_up);

  step("be an ordinary user");
  const uid_t nobody = 65534;
  if (geteuid() == 0 && (setgroups(0, nullptr) < 0 || setresgid(nobody, nobody, nobody) < 0 ||
                         setresuid(nobody, nobody, nobody) < 0)) {
    claim("C37", not_checked, "root cannot become another user here: %s", std::strerror(errno));
    return 0;
  }

  step("create a segment of two pages");
  auto bytes = static_cast<size_t>(2 * sysconf(_SC_PAGESIZE));
  shmid = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");

  step("lock it with a limit that has room");
  int with_room = lock_with_limit(16);

  step("lock it with a limit that it exceeds");
  int without_room = lock_with_limit(1);

  step("lock it with a limit of nothing");
  int with_nothing = lock_with_limit(0);
  claim("C37", with_room == 0 ? differs : holds,
        "an ordinary user and two pages, by the limit: 16 pages %s, 1 page %s, 0 %s",
        result(with_room), result(without_room), result(with_nothing));

  step("remove it");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
