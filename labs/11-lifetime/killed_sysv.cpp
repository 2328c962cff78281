// SPDX-License-Identifier: BSD-2-Clause
//
// A process that is killed runs no handler: the segment that it had made stays, and has to be found
// and removed. A segment that was marked for removal before goes with the process.
//
// Run:      build/labs/11-lifetime/killed_sysv
// Trace:    build/bin/shmpath run 11
// Look for: shm_close under exit_mmap in both children, and shm_destroy below it in step 2 only.

#include <fcntl.h>
#include <sys/ipc.h>
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

// Each of these leaves a process at its worst moment, and returns its segment.
static int before_rmid() {
  shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  if (shmat(shmid, nullptr, 0) == reinterpret_cast<void*>(-1)) die("shmat");
  return shmid;
}
static int between_rmid_and_shmdt() {
  int id = before_rmid();
  if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  return id;
}

struct Child {
  pid_t pid;
  int knows;  // the number that it returned at its worst moment
};

// Returns when the child is at its worst moment, where it stays.
static Child start(int (*worst_moment)()) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) < 0) die("pipe2");
  Child child{fork(), -1};
  if (child.pid < 0) die("fork");
  if (child.pid == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");
    int knows = worst_moment();
    if (write(pipe_ends[1], &knows, sizeof knows) != sizeof knows) die("write");
    while (true) pause();
  }
  close(pipe_ends[1]);
  ssize_t got = read(pipe_ends[0], &child.knows, sizeof child.knows);
  close(pipe_ends[0]);
  if (got != sizeof child.knows) std::exit(1);  // the child has said why
  return child;
}

static void kill_it(const Child& child) {
  if (kill(child.pid, SIGKILL) < 0) die("kill");
  if (waitpid(child.pid, nullptr, 0) < 0) die("waitpid");
}

static const char* segment_state(int id) {
  struct shmid_ds segment;
  return shmctl(id, IPC_STAT, &segment) == 0 ? "there" : "gone";
}

int main() {
  std::atexit(clean_up);

  step("kill a child between shmget and IPC_RMID");
  Child child = start(before_rmid);
  shmid = child.knows;
  kill_it(child);
  std::printf("the segment is %s; remove it: ", segment_state(shmid));
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  std::printf("%s\n", segment_state(shmid));
  shmid = -1;

  step("kill a child between IPC_RMID and shmdt");
  child = start(between_rmid_and_shmdt);
  std::printf("the segment was %s, ", segment_state(child.knows));
  kill_it(child);
  std::printf("and is %s\n", segment_state(child.knows));
}
