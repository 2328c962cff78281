// SPDX-License-Identifier: BSD-2-Clause
//
// The same two processes with a semaphore in the memory that they share: the other one comes at the
// same moment, is not let in between the load and the store, and no update is lost.
//
// Run:      build/labs/12-synchronisation/semaphore
// Trace:    build/bin/shmpath run 12
// Look for: read and write on the pipes, which put the two processes in order. No sleep does.

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab.h"

struct Shared {
  sem_t semaphore;
  volatile long counter;
};
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

// Add one. Whoever asked is told 'd' for done, and before that 'w' if it has to wait.
static void add_one(Shared& shared) {
  if (sem_trywait(&shared.semaphore) < 0) {
    say(to_parent, 'w');
    if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
  }
  shared.counter = shared.counter + 1;
  if (sem_post(&shared.semaphore) < 0) die("sem_post");
  say(to_parent, 'd');
}

int main() {
  std::atexit(clean_up);

  step("share a counter and a semaphore");
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  Shared& shared = *static_cast<Shared*>(memory);
  if (sem_init(&shared.semaphore, 1, 1) < 0) die("sem_init");  // shared by processes, free

  if (pipe(to_child) < 0 || pipe(to_parent) < 0) die("pipe");

  step("add one in two processes, 100 times each, with the semaphore");
  child = fork();
  if (child < 0) die("fork");
  close(child == 0 ? to_child[1] : to_child[0]);
  close(child == 0 ? to_parent[0] : to_parent[1]);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (long i = 0; i < rounds; i++) {
      hear(to_child);
      add_one(shared);
    }
    _exit(0);
  }
  int let_in = 0;
  for (long i = 0; i < rounds; i++) {
    if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
    long loaded = shared.counter;
    say(to_child, 'g');  // go: the other tries now, between the load and the store
    bool done = hear(to_parent) == 'd';
    shared.counter = loaded + 1;
    if (sem_post(&shared.semaphore) < 0) die("sem_post");
    if (!done) hear(to_parent);
    let_in += done;
  }

  step("wait for the other, and count");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  errno = ECHILD;
  if (status != 0) die("the other process");
  std::printf("let in between load and store: %d times\n", let_in);
  long lost = 2 * rounds - shared.counter;
  claim("C59", lost == 0 ? holds : differs, "with the semaphore, %ld of %ld updates are lost", lost,
        2 * rounds);
  if (sem_destroy(&shared.semaphore) < 0) die("sem_destroy");
}
