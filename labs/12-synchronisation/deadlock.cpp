// SPDX-License-Identifier: BSD-2-Clause
//
// Two processes, two locks, each takes one and wants the other: only a timeout gets them out.
//
// Run:      build/labs/12-synchronisation/deadlock
// Trace:    build/bin/shmpath run 12
// Look for: the futex call that ends with ETIMEDOUT. That of the other process ends in step 4.

#include <pthread.h>
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

// The functions of pthread return the error instead of setting errno.
static void check(int error, const char* call) {
  errno = error;
  if (error != 0) die(call);
}

int main() {
  std::atexit(clean_up);

  step("share two mutexes");
  auto first = static_cast<pthread_mutex_t*>(mmap(nullptr, 2 * sizeof(pthread_mutex_t),
                                                  PROT_READ | PROT_WRITE,
                                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (first == MAP_FAILED) die("mmap");
  auto second = first + 1;
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutex_init(first, &attributes), "pthread_mutex_init");
  check(pthread_mutex_init(second, &attributes), "pthread_mutex_init");

  step("lock one each: this process the first, another the second");
  check(pthread_mutex_lock(first), "pthread_mutex_lock first");
  int ready[2];
  if (pipe(ready) < 0) die("pipe");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    check(pthread_mutex_lock(second), "pthread_mutex_lock second");
    if (write(ready[1], "r", 1) != 1) die("write");
    check(pthread_mutex_lock(first), "pthread_mutex_lock first");  // the deadlock
    _exit(0);
  }
  char word;
  if (close(ready[1]) < 0 || read(ready[0], &word, 1) != 1) die("read");

  step("lock the other one too, for at most 1 s");
  timespec limit;
  if (clock_gettime(CLOCK_REALTIME, &limit) < 0) die("clock_gettime");
  limit.tv_sec += 1;
  int error = pthread_mutex_timedlock(second, &limit);
  std::printf("%s\n", error == 0 ? "locked" : strerrorname_np(error));
  int ended = waitpid(child, nullptr, WNOHANG);
  std::printf("the other process: %s\n", ended == 0 ? "has not got on either" : "has ended");

  step("give up the first: the other process can go on");
  check(pthread_mutex_unlock(first), "pthread_mutex_unlock first");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  std::printf("the other process: %s\n", status == 0 ? "had both, and has ended" : "failed");
}
