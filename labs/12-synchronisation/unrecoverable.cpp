// SPDX-License-Identifier: BSD-2-Clause
//
// Who gets a robust mutex from a dead owner and unlocks it without a word that the data are
// repaired, leaves a mutex that nobody can lock again.
//
// Run:      build/labs/12-synchronisation/unrecoverable
// Trace:    build/bin/shmpath run 12
// Look for: set_robust_list, with which the C library told the kernel where the list of robust
//           mutexes is.

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
static const char* result(int error) { return error == 0 ? "locked" : strerrorname_np(error); }

int main() {
  std::atexit(clean_up);

  step("share a robust mutex");
  void* memory = mmap(nullptr, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto mutex = static_cast<pthread_mutex_t*>(memory);
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
  check(pthread_mutex_init(mutex, &attributes), "pthread_mutex_init");

  step("kill another process while it holds it");
  int ready[2];
  if (pipe(ready) < 0) die("pipe");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    check(pthread_mutex_lock(mutex), "pthread_mutex_lock");
    if (write(ready[1], "r", 1) != 1) die("write");
    for (;;) pause();
  }
  if (close(ready[1]) < 0) die("close");
  char word;
  if (read(ready[0], &word, 1) != 1) die("read");
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  child = -1;

  step("lock it, and unlock it without a word");
  std::printf("%s\n", result(pthread_mutex_lock(mutex)));
  check(pthread_mutex_unlock(mutex), "pthread_mutex_unlock");

  step("lock it once more");
  std::printf("%s\n", result(pthread_mutex_lock(mutex)));
}
