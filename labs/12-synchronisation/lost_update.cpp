// SPDX-License-Identifier: BSD-2-Clause
//
// To add one is three actions: load, add, store. The update of a process that comes in between is
// overwritten.
//
// Run:      build/labs/12-synchronisation/lost_update
// Trace:    build/bin/shmpath run 12
// Look for: read and write on the pipes, which put the two processes in order. No sleep does.

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab.h"

static const long rounds = 100;
static pid_t child = -1;
static int to_child[2], to_parent[2];

static void clean_up() {
  if (child <= 0) return;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

static void say(int (&pipe)[2], char word) {
  if (write(pipe[1], &word, 1) != 1) die("write to the other process");
}
static char hear(int (&pipe)[2]) {
  char word;
  if (read(pipe[0], &word, 1) != 1) die("read from the other process");
  return word;
}

int main() {
  std::atexit(clean_up);

  step("share a counter");
  void* memory =
      mmap(nullptr, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto counter = static_cast<volatile long*>(memory);
  if (pipe(to_child) < 0 || pipe(to_parent) < 0) die("pipe");

  step("add one in two processes, 100 times each");
  child = fork();
  if (child < 0) die("fork");
  // Each closes the ends that are the other's: when that one dies, a read ends instead of waiting.
  close(child == 0 ? to_child[1] : to_child[0]);
  close(child == 0 ? to_parent[0] : to_parent[1]);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (long i = 0; i < rounds; i++) {
      hear(to_child);
      *counter = *counter + 1;
      say(to_parent, 'd');  // done
    }
    _exit(0);
  }
  for (long i = 0; i < rounds; i++) {
    long loaded = *counter;
    say(to_child, 'g');  // go: the other adds one now, between the load and the store
    hear(to_parent);
    *counter = loaded + 1;
  }

  step("wait for the other, and count");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  errno = ECHILD;
  if (status != 0) die("the other process");
  long lost = 2 * rounds - *counter;
  claim("C59", lost > 0 ? holds : differs, "without a semaphore, %ld of %ld updates are lost", lost,
        2 * rounds);
}
