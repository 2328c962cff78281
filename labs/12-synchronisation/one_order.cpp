// SPDX-License-Identifier: BSD-2-Clause
//
// Two processes, two locks, and one order for all, first the first and then the second: whoever has
// the second has both, so that nobody waits in a circle.
//
// Run:      build/labs/12-synchronisation/one_order
// Trace:    build/bin/shmpath run 12
// Look for: the futex calls from step 2 on, if there are any: each one that waits is woken.

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab.h"

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

static void lock_both_one_thousand_times(pthread_mutex_t* first, pthread_mutex_t* second) {
  for (int i = 0; i < 1000; i++) {
    check(pthread_mutex_lock(first), "pthread_mutex_lock first");
    check(pthread_mutex_lock(second), "pthread_mutex_lock second");
    check(pthread_mutex_unlock(second), "pthread_mutex_unlock second");
    check(pthread_mutex_unlock(first), "pthread_mutex_unlock first");
  }
}

int main() {
  std::atexit(clean_up);

  step("share two mutexes");
  void* memory = mmap(nullptr, 2 * sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto first = static_cast<pthread_mutex_t*>(memory);
  auto second = first + 1;
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutex_init(first, &attributes), "pthread_mutex_init");
  check(pthread_mutex_init(second, &attributes), "pthread_mutex_init");

  step("start another process, which waits for the first");
  check(pthread_mutex_lock(first), "pthread_mutex_lock first");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    lock_both_one_thousand_times(first, second);
    _exit(0);
  }

  step("let both lock the two in the same order, 1000 times each");
  check(pthread_mutex_unlock(first), "pthread_mutex_unlock first");
  lock_both_one_thousand_times(first, second);

  step("wait for the other");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  std::printf("the other process: %s\n", status == 0 ? "has ended too" : "failed");
}
