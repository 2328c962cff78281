// SPDX-License-Identifier: BSD-2-Clause
//
// The five commands of shmctl, and two that Linux adds.
//
// Run:      build/labs/10-sysv-limits/commands
// Trace:    build/bin/shmpath run 10
// Look for: which commands take shmctl_stat, which shmctl_down and which shmctl_do_lock.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

static shmid_ds look() {
  shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  return segment;
}

int main() {
  std::atexit(clean_up);
  shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");

  step("IPC_STAT: copy what the kernel has");
  shmid_ds set = look();
  std::printf("mode: 0%o\n", set.shm_perm.mode);

  step("IPC_SET: change the mode");
  set.shm_perm.mode = 0640;
  if (shmctl(shmid, IPC_SET, &set) < 0) die("shmctl IPC_SET");
  std::printf("mode: 0%o\n", look().shm_perm.mode);

  step("SHM_LOCK: keep its pages in memory");
  // With ulimit -l 0 an ordinary user is refused: the program `lock` is about that.
  if (shmctl(shmid, SHM_LOCK, nullptr) < 0 && errno != EPERM && errno != ENOMEM)
    die("shmctl SHM_LOCK");
  std::printf("SHM_LOCKED in its mode: %d\n", (look().shm_perm.mode & SHM_LOCKED) != 0);

  step("SHM_UNLOCK: let them be swapped out again");
  if (shmctl(shmid, SHM_UNLOCK, nullptr) < 0 && errno != EPERM) die("shmctl SHM_UNLOCK");
  std::printf("SHM_LOCKED in its mode: %d\n", (look().shm_perm.mode & SHM_LOCKED) != 0);

  step("IPC_INFO: the limits");
  shminfo limits;
  if (shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&limits)) < 0) die("shmctl IPC_INFO");
  unsigned long shmmax = 0, shmall = 0, shmmni = 0;
  std::ifstream("/proc/sys/kernel/shmmax") >> shmmax;
  std::ifstream("/proc/sys/kernel/shmall") >> shmall;
  std::ifstream("/proc/sys/kernel/shmmni") >> shmmni;
  bool same = limits.shmmax == shmmax && limits.shmall == shmall && limits.shmmni == shmmni;
  std::printf("%s as in /proc/sys/kernel, and a shmmin of %lu\n", same ? "the same" : "not",
              limits.shmmin);

  step("SHM_INFO: what is in use");
  shm_info use;
  if (shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&use)) < 0) die("shmctl SHM_INFO");
  std::printf("this segment is among those counted: %s\n",
              use.used_ids > 0 && use.shm_tot > 0 ? "yes" : "no");

  step("IPC_RMID: remove it");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
