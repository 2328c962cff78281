// SPDX-License-Identifier: BSD-2-Clause
//
// What is below a semaphore and a mutex: a word in shared memory, and one system call, to sleep
// until somebody says that the word has changed.
//
// Run:      build/labs/12-synchronisation/futex
// Trace:    build/bin/shmpath run 12
// Look for: futex_wait in one process, futex_wake in the other, and their different addresses.

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "lab.h"

static pid_t child = -1;

static void clean_up() {
  if (child <= 0) return;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

// The C library has no function for it. Without FUTEX_PRIVATE_FLAG it works between processes.
static long futex(std::atomic<int>* word, int operation, int value) {
  return syscall(SYS_futex, word, operation, value, nullptr, nullptr, 0);
}

static std::atomic<int>* map_word(int fd) {
  void* memory = mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  return static_cast<std::atomic<int>*>(memory);
}

int main() {
  std::atexit(clean_up);

  step("map one word at two addresses");
  int fd = memfd_create("futex", MFD_CLOEXEC);
  if (fd < 0) die("memfd_create");
  if (ftruncate(fd, sizeof(int)) < 0) die("ftruncate");
  std::atomic<int>* word = map_word(fd);
  std::atomic<int>* same_word = map_word(fd);

  step("wait while it is 1, which it is not");
  long waited = futex(word, FUTEX_WAIT, 1);
  std::printf("%s\n", waited < 0 ? strerrorname_np(errno) : "slept");

  step("have another process wait while it is 0");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (same_word->load() == 0)
      if (futex(same_word, FUTEX_WAIT, 0) < 0 && errno != EAGAIN && errno != EINTR) die("futex");
    _exit(same_word->load());
  }

  step("wake it, at the other address");
  long woken = 0;
  // Until it says that it woke one, the other is not asleep yet. The word changes only then.
  while ((woken = futex(word, FUTEX_WAKE, 1)) == 0) sched_yield();
  if (woken < 0) die("futex FUTEX_WAKE");
  std::printf("woken: %ld\n", woken);

  step("change the word, and wake it for good");
  word->store(7);
  if (futex(word, FUTEX_WAKE, 1) < 0) die("futex FUTEX_WAKE");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  child = -1;
  std::printf("the other process saw %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}
