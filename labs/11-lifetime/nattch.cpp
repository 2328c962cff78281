// SPDX-License-Identifier: BSD-2-Clause
//
// nattch counts mappings, not processes: fork doubles them, an exit or a kill takes them away.
//
// Run:      build/labs/11-lifetime/nattch
// Trace:    build/bin/shmpath run 11
// Look for: shm_open under fork, and shm_close under exit_mmap when a child ends or is killed.

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
  print_nattch();
}

// Starts a child that does nothing until a byte comes, or until the parent is no more.
static pid_t start_child(const int (&pipe_ends)[2]) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child > 0) return child;
  char byte;
  close(pipe_ends[1]);
  _exit(read(pipe_ends[0], &byte, 1) == 1 ? 0 : 1);
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

  step("attach it again");
  attach();

  step("fork");
  pid_t child = start_child(pipe_ends);
  print_nattch();

  step("let the child end");
  if (write(pipe_ends[1], "", 1) != 1) die("write");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  print_nattch();

  step("fork again");
  child = start_child(pipe_ends);
  print_nattch();

  step("kill the child");
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  print_nattch();

  step("mark it for removal, and end without a shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  print_nattch();
  shmid = -1;
}
