// SPDX-License-Identifier: BSD-2-Clause
//
// Shared memory, semaphores and message queues of System V enter the kernel by the same function.
//
// Run:      build/labs/10-sysv-limits/siblings
// Trace:    build/bin/shmpath run 10
// Look for: ipcget below ksys_shmget, ksys_semget and ksys_msgget, each with a maker of its own
//           below it: newseg, newary, newque.

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "lab.h"

static int shmid = -1, semid = -1, msqid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
  if (semid >= 0) semctl(semid, 0, IPC_RMID);
  if (msqid >= 0) msgctl(msqid, IPC_RMID, nullptr);
}

int main() {
  std::atexit(clean_up);

  step("create a segment");
  shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");

  step("create a semaphore");
  semid = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  if (semid < 0) die("semget");

  step("create a message queue");
  msqid = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  if (msqid < 0) die("msgget");

  step("remove all three");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
  if (semctl(semid, 0, IPC_RMID) < 0) die("semctl IPC_RMID");
  semid = -1;
  if (msgctl(msqid, IPC_RMID, nullptr) < 0) die("msgctl IPC_RMID");
  msqid = -1;
}
