// SPDX-License-Identifier: BSD-2-Clause
//
// nattch counts mappings, not processes: fork doubles them, and the end of a process takes its own
// away, whether it exits or is killed.
//
// Run:      build/labs/11-lifetime/nattch
// Trace:    build/bin/shmpath run 11
// Look for: shm_open under fork, and shm_close under exit_mmap when a child ends or is killed.

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

static void print_nattch() {
  struct shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  std::printf("nattch %lu\n", static_cast<unsigned long>(segment.shm_nattch));
}

static void attach() {
  if (shmat(shmid, nullptr, 0) == reinterpret_cast<void*>(-1)) die("shmat");
}

// A child that does nothing until it may end, or is killed.
static pid_t start_child(int may_end) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child > 0) return child;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) _exit(1);
  char byte;
  _exit(read(may_end, &byte, 1) == 1 ? 0 : 1);
}

static void wait_for(pid_t child) {
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (WIFSIGNALED(status)) std::printf("the child was killed: ");
  if (WIFEXITED(status)) std::printf("the child ended with %d: ", WEXITSTATUS(status));
}

int main() {
  std::atexit(clean_up);
  int pipe_ends[2];
  if (pipe(pipe_ends) < 0) die("pipe");
  shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  print_nattch();

  step("attach it");
  attach();
  print_nattch();

  step("attach it again");
  attach();
  print_nattch();

  step("fork");
  pid_t child = start_child(pipe_ends[0]);
  print_nattch();

  step("let the child end");
  if (write(pipe_ends[1], "", 1) != 1) die("write");
  wait_for(child);
  print_nattch();

  step("fork again");
  child = start_child(pipe_ends[0]);
  print_nattch();

  step("kill the child");
  if (kill(child, SIGKILL) < 0) die("kill");
  wait_for(child);
  print_nattch();

  step("mark it for removal, and end without a shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  print_nattch();
  shmid = -1;
}
