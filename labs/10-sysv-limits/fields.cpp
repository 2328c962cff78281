// SPDX-License-Identifier: BSD-2-Clause
//
// What the kernel notes about a segment: struct shmid_ds and, in it, struct ipc_perm.
//
// Run:      build/labs/10-sysv-limits/fields
// Trace:    build/bin/shmpath run 10
// Look for: shmctl_stat in each step, and what shmctl left in its buffer.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

static const char* process(pid_t pid) {
  return pid == 0 ? "nobody" : pid == getpid() ? "this process" : "another process";
}
static const char* time_of(time_t seconds) { return seconds == 0 ? "never" : "set"; }

static shmid_ds look() {
  shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  std::printf("  shm_nattch %lu, shm_cpid %s, shm_lpid %s, shm_atime %s, shm_dtime %s\n",
              segment.shm_nattch, process(segment.shm_cpid), process(segment.shm_lpid),
              time_of(segment.shm_atime), time_of(segment.shm_dtime));
  return segment;
}

int main() {
  std::atexit(clean_up);

  step("create a segment of 5000 bytes");
  shmid = shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0640);
  if (shmid < 0) die("shmget");
  shmid_ds segment = look();

  step("read the fields that its creation sets");
  const ipc_perm& perm = segment.shm_perm;
  std::printf("  shm_segsz %zu, shm_ctime %s\n", segment.shm_segsz, time_of(segment.shm_ctime));
  std::printf(
      "  shm_perm: key %d, mode 0%o, uid %s, gid %s, cuid %s, cgid %s\n", perm.__key, perm.mode,
      perm.uid == geteuid() ? "own" : "another's", perm.gid == getegid() ? "own" : "another's",
      perm.cuid == geteuid() ? "own" : "another's", perm.cgid == getegid() ? "own" : "another's");

  step("attach it");
  void* address = shmat(shmid, nullptr, 0);
  if (address == reinterpret_cast<void*>(-1)) die("shmat");
  look();

  step("attach it a second time");
  void* second = shmat(shmid, nullptr, SHM_RDONLY);
  if (second == reinterpret_cast<void*>(-1)) die("shmat SHM_RDONLY");
  look();

  step("detach both");
  if (shmdt(second) < 0 || shmdt(address) < 0) die("shmdt");
  look();

  step("remove it");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
