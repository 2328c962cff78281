// SPDX-License-Identifier: BSD-2-Clause
//
// EOWNERDEAD gives the lock and a warning: the data may be half changed. Who gets it repairs them
// and says so, or nobody can lock the mutex again.
//
// Run:      build/labs/12-synchronisation/robust
// Trace:    build/bin/shmpath run 12
// Look for: no system call in step 3: the kernel has marked the word when the owner died.

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
static const char* result(int error) { return error == 0 ? "locked" : strerrorname_np(error); }

// A process takes 10 from here, and is killed before it adds them there.
static void die_half_way(Shared& shared) {
  int ready[2];
  if (pipe(ready) < 0) die("pipe");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    check(pthread_mutex_lock(&shared.mutex), "pthread_mutex_lock");
    shared.here -= 10;
    if (write(ready[1], "r", 1) != 1) die("write");
    for (;;) pause();
  }
  char word;
  if (close(ready[1]) < 0 || read(ready[0], &word, 1) != 1 || close(ready[0]) < 0) die("read");
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  child = -1;
}

int main() {
  std::atexit(clean_up);

  step("share two numbers and a robust mutex");
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  Shared& shared = *static_cast<Shared*>(memory);
  shared.here = 100;
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
  check(pthread_mutex_init(&shared.mutex, &attributes), "pthread_mutex_init");

  step("kill another process in the middle of an update");
  die_half_way(shared);

  step("lock the mutex, and look");
  int error = pthread_mutex_lock(&shared.mutex);
  std::printf("%s; %ld here, %ld there\n", result(error), shared.here, shared.there);

  step("repair the numbers, and say so");
  shared.there = 100 - shared.here;
  if (error == EOWNERDEAD) check(pthread_mutex_consistent(&shared.mutex), "consistent");
  check(pthread_mutex_unlock(&shared.mutex), "pthread_mutex_unlock");
  error = pthread_mutex_lock(&shared.mutex);
  std::printf("%s; %ld here, %ld there\n", result(error), shared.here, shared.there);
  check(pthread_mutex_unlock(&shared.mutex), "pthread_mutex_unlock");

  step("kill another one, and unlock without a word");
  die_half_way(shared);
  std::printf("%s\n", result(pthread_mutex_lock(&shared.mutex)));
  check(pthread_mutex_unlock(&shared.mutex), "pthread_mutex_unlock");

  step("lock it once more");
  std::printf("%s\n", result(pthread_mutex_lock(&shared.mutex)));
}
