// SPDX-License-Identifier: BSD-2-Clause
//
// Two processes that run as they please, and a semaphore in the memory that they share: however
// they are scheduled, no update is lost.
//
// Run:      build/labs/12-synchronisation/free_running
// Trace:    build/bin/shmpath run 12
// Look for: futex: who has to wait asks the kernel, and who gives while somebody waits. The others
//           of the 2000 updates do not.

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

static void add_one_thousand_times(Shared& shared) {
  for (int i = 0; i < 1000; i++) {
    if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
    shared.counter = shared.counter + 1;
    if (sem_post(&shared.semaphore) < 0) die("sem_post");
  }
}

int main() {
  std::atexit(clean_up);

  step("share a counter and a semaphore");
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  Shared& shared = *static_cast<Shared*>(memory);
  if (sem_init(&shared.semaphore, 1, 0) < 0) die("sem_init");  // shared by processes, taken

  step("start another process, which waits");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    add_one_thousand_times(shared);
    _exit(0);
  }

  step("let both add one, 1000 times each");
  if (sem_post(&shared.semaphore) < 0) die("sem_post");
  add_one_thousand_times(shared);

  step("wait for the other, and count");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  errno = ECHILD;
  if (status != 0) die("the other process");
  claim("C59", shared.counter == 2000 ? holds : differs,
        "run as they please, %ld of 2000 updates are lost", 2000 - shared.counter);
  if (sem_destroy(&shared.semaphore) < 0) die("sem_destroy");
}
