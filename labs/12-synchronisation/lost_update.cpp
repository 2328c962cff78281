// SPDX-License-Identifier: BSD-2-Clause
//
// To add one is three actions: load, add, store. A process that comes in between has its update
// overwritten; a semaphore does not let it in.
//
// Run:      build/labs/12-synchronisation/lost_update
// Trace:    build/bin/shmpath run 12
// Look for: read and write on the pipes, which put the two processes in order. No sleep does.

#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

struct Shared {
  sem_t semaphore;
  volatile long counter;
};
static const int rounds = 100;
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

static void start(void (*work)(Shared&), Shared& shared) {
  if (pipe(to_child) < 0 || pipe(to_parent) < 0) die("pipe");
  shared.counter = 0;
  child = fork();
  if (child < 0) die("fork");
  // Each closes the end that is the other's: when that one dies, a read ends instead of waiting.
  close(child == 0 ? to_child[1] : to_child[0]);
  close(child == 0 ? to_parent[0] : to_parent[1]);
  if (child > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i < rounds; i++) work(shared);
  _exit(0);
}
static void finish() {
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  errno = ECHILD;
  if (status != 0) die("the other process");
  if (close(to_child[1]) < 0 || close(to_parent[0]) < 0) die("close");
}

// The child's part: add one when it is told to, in the middle of the parent's addition.
static void add_at_once(Shared& shared) {
  hear(to_child);
  shared.counter = shared.counter + 1;
  say(to_parent, 'd');  // done
}
static void add_if_let_in(Shared& shared) {
  hear(to_child);
  bool free = sem_trywait(&shared.semaphore) == 0;
  if (!free) {
    say(to_parent, 'w');  // waits
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

  step("add one in each process, 100 times, without the semaphore");
  start(add_at_once, shared);
  for (int i = 0; i < rounds; i++) {
    long loaded = shared.counter;
    say(to_child, 'g');  // go: now, between the load and the store
    hear(to_parent);
    shared.counter = loaded + 1;
  }
  finish();
  long without = shared.counter;
  std::printf("added %d, counted %ld\n", 2 * rounds, without);

  step("the same with the semaphore");
  int let_in = 0;
  start(add_if_let_in, shared);
  for (int i = 0; i < rounds; i++) {
    if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
    long loaded = shared.counter;
    say(to_child, 'g');
    bool done = hear(to_parent) == 'd';
    shared.counter = loaded + 1;
    if (sem_post(&shared.semaphore) < 0) die("sem_post");
    if (!done) hear(to_parent);
    let_in += done;
  }
  finish();
  long with = shared.counter;
  std::printf("added %d, counted %ld; let in between load and store: %d times\n", 2 * rounds, with,
              let_in);
  claim("C59", without < 2 * rounds && with == 2 * rounds ? holds : differs,
        "of %d updates %ld were lost without the semaphore, %ld with it", 2 * rounds,
        2 * rounds - without, 2 * rounds - with);
  if (sem_destroy(&shared.semaphore) < 0) die("sem_destroy");
}
