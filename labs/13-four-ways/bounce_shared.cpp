// SPDX-License-Identifier: BSD-2-Clause
//
// A message in shared memory is written once and read where it lies. All that passes between the
// two processes is whose turn it is. Compare bounce_copied.
//
// Run:      build/labs/13-four-ways/bounce_shared
// Trace:    build/bin/shmpath run 13
// Look for: no system call but futex, which wakes the other process if it has gone to sleep.
// Numbers:  round trips, as a table and a plot, on standard error: no two runs agree.

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <new>

#include "lab.h"

static const size_t sizes[] = {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};

struct Shared {
  std::atomic<unsigned> turn;  // 0: the parent's, 1: the child's
  char message[1048576];
};

// Looks for a while, because the other is mostly quick, and then sleeps.
static void wait_for_turn(Shared* shared, unsigned me) {
  for (int looks = 0; shared->turn != me; looks++)
    if (looks > 20000 && syscall(SYS_futex, &shared->turn, FUTEX_WAIT, 1 - me, nullptr) < 0 &&
        errno != EAGAIN && errno != EINTR)
      die("futex FUTEX_WAIT");
}
static void pass_turn(Shared* shared, unsigned to) {
  shared->turn = to;
  if (syscall(SYS_futex, &shared->turn, FUTEX_WAKE, 1) < 0) die("futex FUTEX_WAKE");
}

// The parent keeps to the first processor that it may use and the child to the last: if both had
// the same one, looking would be in vain.
static void keep_to_a_processor(unsigned me) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) die("sched_getaffinity");
  unsigned cpu = me == 0 ? 0 : CPU_SETSIZE - 1;
  while (!CPU_ISSET(cpu, &allowed)) me == 0 ? cpu++ : cpu--;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof one, &one) < 0) die("sched_setaffinity");
}

// Reads the whole message where the other process wrote it.
static void check(const char* message, size_t size, char content) {
  if (message[0] != content || std::memcmp(message, message + 1, size - 1) != 0)
    errno = EBADMSG, die("what is there is not what was written");
}

int main() {
  alarm(120);  // a process that has lost the other does not wait for ever
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto shared = new (memory) Shared;
  size_t bytes = 0;

  step("bounce messages in shared memory");
  std::fprintf(stderr, "memory, microseconds%11s1         10        100       1000\n", "");
  pid_t child = fork();
  if (child < 0) die("fork");
  const unsigned me = child == 0;
  keep_to_a_processor(me);
  for (size_t size : sizes) {
    const size_t rounds = size > 65536 ? 5 : 21;
    double us[21];
    for (size_t round = 0; round < rounds; round++) {
      auto begun = std::chrono::steady_clock::now();
      if (me == 1) {
        wait_for_turn(shared, 1);
        check(shared->message, size, 'a');
      }
      std::memset(shared->message, me == 1 ? 'b' : 'a', size);
      pass_turn(shared, 1 - me);
      if (me == 0) {
        wait_for_turn(shared, 0);
        check(shared->message, size, 'b');
      }
      auto took = std::chrono::steady_clock::now() - begun;
      us[round] = std::chrono::duration<double, std::micro>(took).count();
      bytes += 2 * size;  // there and back
    }
    if (me == 1) continue;
    std::sort(us, us + rounds);
    double middle = us[rounds / 2];
    int column = std::clamp(static_cast<int>(10 * std::log10(middle)), -10, 40) + 10;
    std::fprintf(stderr, "%9zu %9.2f |%*s*\n", size, middle, column, "");
  }
  if (me == 1) _exit(0);

  step("wait for the other process");
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;
  std::printf("shared memory: %zu bytes sent, and read as they were written\n", bytes);
}
