// SPDX-License-Identifier: BSD-2-Clause
//
// IPC_SET is given a whole struct shmid_ds, and takes three fields of it.
//
// Run:      build/labs/10-sysv-limits/ipc_set
// Trace:    build/bin/shmpath run 10
// Look for: shmctl_down, between the two shmctl_stat that show what it did.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

int main() {
  std::atexit(clean_up);

  step("create a segment");
  shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  shmid_ds before, after;
  if (shmctl(shmid, IPC_STAT, &before) < 0) die("shmctl IPC_STAT");

  step("wait for the next second");
  // The times of a segment have whole seconds: only then can a new one be told from the old.
  timespec next_second{before.shm_ctime + 1, 50'000'000};
  errno = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &next_second, nullptr);
  if (errno != 0) die("clock_nanosleep");

  step("ask for every field to be another");
  shmid_ds wanted = before;
  wanted.shm_perm.uid += 1;
  wanted.shm_perm.gid += 1;
  wanted.shm_perm.mode = 0644;
  wanted.shm_perm.cuid += 1;
  wanted.shm_perm.cgid += 1;
  wanted.shm_perm.__key += 1;
  wanted.shm_perm.__seq += 1;
  wanted.shm_segsz += 1;
  wanted.shm_atime = wanted.shm_dtime = wanted.shm_ctime = 1;
  wanted.shm_cpid = wanted.shm_lpid = 1;
  wanted.shm_nattch = 7;
  // Its creator may give the segment away, and still remove it: the cuid does not change.
  bool set = shmctl(shmid, IPC_SET, &wanted) == 0;
  if (!set && errno != EINVAL) die("shmctl IPC_SET");

  step("compare");
  if (shmctl(shmid, IPC_STAT, &after) < 0) die("shmctl IPC_STAT");
  bool three_changed = after.shm_perm.uid == wanted.shm_perm.uid &&
                       after.shm_perm.gid == wanted.shm_perm.gid && after.shm_perm.mode == 0644;
  bool ctime_changed = after.shm_ctime > before.shm_ctime;
  // With these four put back, nothing may differ, to the last byte.
  after.shm_perm.uid = before.shm_perm.uid;
  after.shm_perm.gid = before.shm_perm.gid;
  after.shm_perm.mode = before.shm_perm.mode;
  after.shm_ctime = before.shm_ctime;
  auto bytes = reinterpret_cast<const char*>(&after);
  bool rest_kept = std::equal(bytes, bytes + sizeof after, reinterpret_cast<const char*>(&before));
  if (!set)
    claim("C35", not_checked, "this user namespace has no user id but one");
  else
    claim("C35", three_changed && rest_kept ? holds : differs,
          "uid, gid and mode %s, shm_ctime %s, the other fields %s",
          three_changed ? "changed" : "did not all change", ctime_changed ? "changed" : "did not",
          rest_kept ? "did not" : "did too");

  step("remove it");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
