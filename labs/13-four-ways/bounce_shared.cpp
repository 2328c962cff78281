// SPDX-License-Identifier: BSD-2-Clause
//
// A message in shared memory is written once and read where it lies. All that passes between the
// two processes is whose turn it is. Compare bounce_copied.
//
// Run:      build/labs/13-four-ways/bounce_shared
// Trace:    build/bin/shmpath run 13
// Look for: no system call but futex, which wakes the other process if it has gone to sleep.
// Numbers:  round trips, on standard error: no two runs agree.

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "lab.h"

static const size_t sizes[] = {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};
static const int rounds = 10;

struct Shared {
  std::atomic<unsigned> turn;  // 0: the parent's, 1: the child's
  char message[1048576];
};

static void write_message(Shared* shared, char content, size_t size, unsigned to) {
  std::memset(shared->message, content, size);
  shared->turn = to;
  if (syscall(SYS_futex, &shared->turn, FUTEX_WAKE, 1) < 0) die("futex FUTEX_WAKE");
}

// Looks for its turn a while, then sleeps, and reads the message where the other process wrote it.
static void read_message(Shared* shared, char content, size_t size, unsigned me) {
  for (int looks = 0; shared->turn != me; looks++)
    if (looks > 20000 && syscall(SYS_futex, &shared->turn, FUTEX_WAIT, 1 - me, nullptr) < 0 &&
        errno != EAGAIN && errno != EINTR)
      die("futex FUTEX_WAIT");
  errno = EBADMSG;
  if (shared->message[0] != content ||
      std::memcmp(shared->message, shared->message + 1, size - 1) != 0)
    die("what is there is not what was written");
}

int main() {
  alarm(120);  // a process that has lost the other does not wait for ever
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto shared = static_cast<Shared*>(memory);
  size_t sent = 0;

  step("bounce messages in shared memory");
  pid_t child = fork();
  if (child < 0) die("fork");
  for (size_t size : sizes) {
    double shortest = 1e9;
    for (int round = 0; round < rounds; round++) {
      auto begun = std::chrono::steady_clock::now();
      if (child == 0) read_message(shared, 'a', size, 1);
      write_message(shared, child == 0 ? 'b' : 'a', size, child == 0 ? 0 : 1);
      if (child > 0) read_message(shared, 'b', size, 0);
      std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
      shortest = std::min(shortest, took.count());
      sent += 2 * size;
    }
    if (child > 0) std::fprintf(stderr, "shared memory, %zu bytes: %.2f us\n", size, shortest);
  }
  if (child == 0) _exit(0);

  step("wait for the other process");
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;  // the child has said why
  std::printf("shared memory: %zu bytes sent, and read as they were written\n", sent);
}
