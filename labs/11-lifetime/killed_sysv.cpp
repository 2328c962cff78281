// SPDX-License-Identifier: BSD-2-Clause
//
// A process that is killed runs no handler: the segment that it had made stays, and has to be found
// and removed. A segment that was marked for removal before goes with the process.
//
// Run:      build/labs/11-lifetime/killed_sysv
// Trace:    build/bin/shmpath run 11
// Look for: shm_close under exit_mmap in both children, and shm_destroy below it in step 2 only.

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

static void remove_segment() {
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
}

static const char* state() {
  struct shmid_ds segment;
  return shmctl(shmid, IPC_STAT, &segment) == 0 ? "there" : "gone";
}

// Starts a child that makes and attaches a segment, then marks it for removal if told to, and stays
// there. Its segment is shmid then.
static pid_t start_child(bool marks) {
  int made[2];
  if (pipe2(made, O_CLOEXEC) < 0) die("pipe2");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");
    shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
    if (shmid < 0) die("shmget");
    if (shmat(shmid, nullptr, 0) == reinterpret_cast<void*>(-1)) die("shmat");
    if (marks) remove_segment();
    if (write(made[1], &shmid, sizeof shmid) != sizeof shmid) die("write");
    while (true) pause();
  }
  close(made[1]);
  if (read(made[0], &shmid, sizeof shmid) != sizeof shmid) std::exit(1);  // the child has said why
  close(made[0]);
  return child;
}

static void kill_it(pid_t child) {
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
}

int main() {
  std::atexit(clean_up);

  step("kill a child between shmget and IPC_RMID");
  kill_it(start_child(false));
  std::printf("the segment is %s; remove it: ", state());
  remove_segment();
  std::printf("%s\n", state());
  shmid = -1;

  step("kill a child between IPC_RMID and shmdt");
  pid_t child = start_child(true);
  std::printf("the segment was %s, ", state());
  kill_it(child);
  std::printf("and is %s\n", state());
  shmid = -1;
}
