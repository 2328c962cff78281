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
static pid_t child = -1;

static void clean_up() {
  if (child <= 0) return;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

int main() {
  std::atexit(clean_up);

  step("share a counter and a semaphore");
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  Shared& shared = *static_cast<Shared*>(memory);
  if (sem_init(&shared.semaphore, 1, 1) < 0) die("sem_init");  // shared by processes, free
  int to_child[2], to_parent[2];
  if (pipe(to_child) < 0 || pipe(to_parent) < 0) die("pipe");

  step("add one in two processes, 100 times each, with the semaphore");
  child = fork();
  if (child < 0) die("fork");
  close(child == 0 ? to_child[1] : to_child[0]);
  close(child == 0 ? to_parent[0] : to_parent[1]);
  char word;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 100; i++) {
      if (read(to_child[0], &word, 1) != 1) die("read");
      if (sem_trywait(&shared.semaphore) < 0) {
        if (write(to_parent[1], "w", 1) != 1) die("write");  // it has to wait
        if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
      }
      shared.counter = shared.counter + 1;
      if (sem_post(&shared.semaphore) < 0) die("sem_post");
      if (write(to_parent[1], "d", 1) != 1) die("write");  // done
    }
    _exit(0);
  }
  for (int i = 0; i < 100; i++) {
    if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
    long loaded = shared.counter;
    if (write(to_child[1], "g", 1) != 1) die("write");  // go, between load and store
    if (read(to_parent[0], &word, 1) != 1) die("read");
    shared.counter = loaded + 1;
    if (sem_post(&shared.semaphore) < 0) die("sem_post");
    if (word == 'w' && read(to_parent[0], &word, 1) != 1) die("read");
  }

  step("wait for the other, and count");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  child = -1;
  claim("C59", shared.counter == 200 ? holds : differs,
        "with the semaphore, %ld of 200 updates are lost", 200 - shared.counter);
  if (sem_destroy(&shared.semaphore) < 0) die("sem_destroy");
}
