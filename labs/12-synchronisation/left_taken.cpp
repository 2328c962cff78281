// SPDX-License-Identifier: BSD-2-Clause
//
// A process is killed while it has a semaphore. A semaphore knows no owner: it stays taken for
// ever.
//
// Run:      build/labs/12-synchronisation/left_taken
// Trace:    build/bin/shmpath run 12
// Look for: the futex call that ends with ETIMEDOUT. Without a limit it would not end.

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "lab.h"

static pid_t child = -1;

static void clean_up() {
  if (child <= 0) return;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

int main() {
  std::atexit(clean_up);

  step("share a semaphore");
  void* memory =
      mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto semaphore = static_cast<sem_t*>(memory);
  if (sem_init(semaphore, 1, 1) < 0) die("sem_init");  // shared by processes, free

  step("kill another process while it has it");
  int ready[2];
  if (pipe(ready) < 0) die("pipe");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (sem_wait(semaphore) < 0) die("sem_wait");
    if (write(ready[1], "r", 1) != 1) die("write");
    for (;;) pause();
  }
  if (close(ready[1]) < 0) die("close");
  char word;
  if (read(ready[0], &word, 1) != 1) die("read");
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  child = -1;

  step("ask for it, for at most 0.1 s");
  timespec limit;
  if (clock_gettime(CLOCK_REALTIME, &limit) < 0) die("clock_gettime");
  long nanoseconds = limit.tv_nsec + 100'000'000;
  limit.tv_sec += nanoseconds / 1'000'000'000;
  limit.tv_nsec = nanoseconds % 1'000'000'000;
  int result = sem_timedwait(semaphore, &limit);
  std::printf("%s\n", result == 0 ? "taken" : strerrorname_np(errno));
}
