// SPDX-License-Identifier: BSD-2-Clause
//
// A process is killed while it holds three locks. Two of them nobody ever gives back; of the robust
// one the kernel tells the next who asks.
//
// Run:      build/labs/12-synchronisation/dead_owner
// Trace:    build/bin/shmpath run 12
// Look for: set_robust_list, with which the C library told the kernel where the list of robust
//           mutexes is, and futex_exit_release, which goes through it.

#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "lab.h"

struct Shared {
  sem_t semaphore;
  pthread_mutex_t mutex, robust;
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

static timespec in_100_milliseconds() {
  timespec limit;
  if (clock_gettime(CLOCK_REALTIME, &limit) < 0) die("clock_gettime");
  long nanoseconds = limit.tv_nsec + 100'000'000;
  return {limit.tv_sec + nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}
static const char* result(int error) { return error == 0 ? "locked" : strerrorname_np(error); }

int main() {
  std::atexit(clean_up);

  step("share a semaphore, a mutex and a robust mutex");
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  Shared& shared = *static_cast<Shared*>(memory);
  if (sem_init(&shared.semaphore, 1, 1) < 0) die("sem_init");
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutex_init(&shared.mutex, &attributes), "pthread_mutex_init");
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
  check(pthread_mutex_init(&shared.robust, &attributes), "pthread_mutex_init robust");

  step("kill another process while it holds them");
  int ready[2];
  if (pipe(ready) < 0) die("pipe");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (sem_wait(&shared.semaphore) < 0) die("sem_wait");
    check(pthread_mutex_lock(&shared.mutex), "pthread_mutex_lock");
    check(pthread_mutex_lock(&shared.robust), "pthread_mutex_lock robust");
    if (write(ready[1], "r", 1) != 1) die("write");
    for (;;) pause();
  }
  if (close(ready[1]) < 0) die("close");
  char word;
  if (read(ready[0], &word, 1) != 1) die("read");
  int status;
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;

  step("ask for the semaphore, for at most 0.1 s");
  timespec limit = in_100_milliseconds();
  std::printf("%s\n", result(sem_timedwait(&shared.semaphore, &limit) == 0 ? 0 : errno));

  step("ask for the mutex, for at most 0.1 s");
  limit = in_100_milliseconds();
  std::printf("%s\n", result(pthread_mutex_timedlock(&shared.mutex, &limit)));

  step("ask for the robust mutex");
  int error = pthread_mutex_lock(&shared.robust);
  std::printf("%s\n", result(error));
  if (error == EOWNERDEAD) check(pthread_mutex_consistent(&shared.robust), "consistent");
  check(pthread_mutex_unlock(&shared.robust), "pthread_mutex_unlock robust");
}
