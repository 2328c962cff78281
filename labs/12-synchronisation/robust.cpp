// SPDX-License-Identifier: BSD-2-Clause
//
// EOWNERDEAD gives the lock, and a warning: its owner died, and the data may be half changed.
//
// Run:      build/labs/12-synchronisation/robust
// Trace:    build/bin/shmpath run 12
// Look for: futex_exit_release in step 2: it marks the word, and step 3 needs no system call.

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab.h"

struct Shared {
  pthread_mutex_t mutex;
  long here, there;  // 100 together, whenever the mutex is free
};
static pid_t child = -1;

static void clean_up() {
  if (child <= 0) return;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

// The functions of pthread return the error instead of setting errno.
static void check(int error, const char* call) {
  errno = error;
  if (error != 0) die(call);
}

int main() {
  std::atexit(clean_up);

  step("share two numbers and a robust mutex");
  auto shared = static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) die("mmap");
  shared->here = 100;
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
  check(pthread_mutex_init(&shared->mutex, &attributes), "pthread_mutex_init");

  step("kill another process in the middle of an update");
  int ready[2];
  if (pipe(ready) < 0) die("pipe");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    check(pthread_mutex_lock(&shared->mutex), "pthread_mutex_lock");
    shared->here -= 10;
    if (write(ready[1], "r", 1) != 1) die("write");
    for (;;) pause();
  }
  if (close(ready[1]) < 0) die("close");
  char word;
  if (read(ready[0], &word, 1) != 1) die("read");
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  child = -1;

  step("lock the mutex, and look");
  int error = pthread_mutex_lock(&shared->mutex);
  std::printf("%s; %ld here, %ld there\n", strerrorname_np(error), shared->here, shared->there);

  step("repair the numbers, and say so");
  shared->there = 100 - shared->here;
  check(pthread_mutex_consistent(&shared->mutex), "pthread_mutex_consistent");
  check(pthread_mutex_unlock(&shared->mutex), "pthread_mutex_unlock");
  check(pthread_mutex_lock(&shared->mutex), "pthread_mutex_lock");
  std::printf("locked; %ld here, %ld there\n", shared->here, shared->there);
}
