// SPDX-License-Identifier: BSD-2-Clause
//
// A message in shared memory is written once and read where it lies. Through a pipe or a socket the
// kernel copies it twice: in when it is sent, out when it is received.
//
// Run:      build/labs/13-four-ways/ping_pong
// Trace:    build/bin/shmpath run 13
// Look for: write and read of every message in steps 2 and 3; in step 1 nothing but wake-ups.
// Numbers:  a table of round trips and a plot, on standard error because no two runs agree.

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <new>
#include <string>

#include "lab.h"

static const size_t sizes[] = {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};

struct Shared {
  std::atomic<unsigned> turn;   // 0: the parent's, 1: the child's
  std::atomic<size_t> in, out;  // bytes that write and read moved, in both processes
  size_t sent;                  // bytes of messages, both ways
  alignas(64) char message[1048576];
};
static Shared* shared;
static Shared own;  // after fork each process has its own copy

// Looks for a while, because the other side is mostly quick, and then sleeps.
static void wait_for_turn(unsigned me) {
  for (int looks = 0; shared->turn != me; looks++)
    if (looks > 20000 && syscall(SYS_futex, &shared->turn, FUTEX_WAIT, 1 - me, nullptr) < 0 &&
        errno != EAGAIN && errno != EINTR)
      die("futex FUTEX_WAIT");
}
static void pass_turn(unsigned to) {
  shared->turn = to;
  if (syscall(SYS_futex, &shared->turn, FUTEX_WAKE, 1) < 0) die("futex FUTEX_WAKE");
}

static void send_all(int fd, const char* message, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t moved = write(fd, message + done, size - done);
    if (moved <= 0) die("write");
    done += static_cast<size_t>(moved);
    shared->in += static_cast<size_t>(moved);
  }
}
static void receive_all(int fd, char* message, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t moved = read(fd, message + done, size - done);
    if (moved <= 0) die("read");
    done += static_cast<size_t>(moved);
    shared->out += static_cast<size_t>(moved);
  }
}

// One side of the game: 0 is the parent, which begins. Each message is written and read as a whole,
// in shared memory (no descriptors: -1) or in memory of one's own. Returns the time of a round
// trip.
static double bounce(unsigned me, int from, int to, size_t size) {
  char* message = from < 0 ? shared->message : own.message;
  const size_t rounds = size > 65536 ? 5 : 21;
  double times[21];
  for (size_t round = 0; round < rounds; round++) {
    auto begun = std::chrono::steady_clock::now();
    for (unsigned turn : {0u, 1u}) {
      if (turn == me) {
        std::memset(message, 'a' + static_cast<int>(me), size);
        from < 0 ? pass_turn(1 - me) : send_all(to, message, size);
      } else {
        from < 0 ? wait_for_turn(me) : receive_all(from, message, size);
        bool as_sent = message[0] == 'b' - static_cast<int>(me) &&
                       std::memcmp(message, message + 1, size - 1) == 0;
        if (!as_sent) errno = EBADMSG, die("what was received is not what was sent");
      }
    }
    auto took = std::chrono::steady_clock::now() - begun;
    times[round] = std::chrono::duration<double, std::micro>(took).count();
    if (me == 0) shared->sent += 2 * size;
  }
  std::sort(times, times + rounds);
  return times[rounds / 2];
}

int main() {
  alarm(120);  // whoever loses the other process does not wait for ever
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  shared = new (memory) Shared;
  int there[2], back[2], ends[2];
  if (pipe(there) < 0 || pipe(back) < 0) die("pipe");
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) die("socketpair");
  const char* ways[] = {"shared memory", "pipe", "Unix socket"};
  const int parent[][2] = {{-1, -1}, {back[0], there[1]}, {ends[0], ends[0]}};
  const int child[][2] = {{-1, -1}, {there[0], back[1]}, {ends[1], ends[1]}};
  double us[3][std::size(sizes)];

  for (size_t way = 0; way < 3; way++) {
    step(way == 0   ? "bounce messages in shared memory"
         : way == 1 ? "bounce them through two pipes"
                    : "bounce them through a Unix socket");
    shared->sent = shared->in = shared->out = 0;
    pid_t pid = fork();
    if (pid < 0) die("fork");
    for (size_t n = 0; n < std::size(sizes); n++)
      us[way][n] = pid == 0 ? bounce(1, child[way][0], child[way][1], sizes[n])
                            : bounce(0, parent[way][0], parent[way][1], sizes[n]);
    if (pid == 0) _exit(0);
    int status = 0;
    if (waitpid(pid, &status, 0) < 0) die("waitpid");
    if (status != 0) return 1;
    std::printf("%s: %zu bytes sent, %zu copied in by write, %zu copied out by read\n", ways[way],
                shared->sent, shared->in.load(), shared->out.load());
  }

  step("draw the round trips");
  std::fprintf(stderr, "%9s %9s %9s %9s  microseconds; M memory, P pipe, S socket\n%41s%s\n",
               "bytes", "memory", "pipe", "socket", "", "1         10        100       1000");
  for (size_t n = 0; n < std::size(sizes); n++) {
    std::string row(44, ' ');
    for (size_t way : {2, 1, 0}) {  // memory is drawn last, on top
      double column = 10 * std::log10(us[way][n]);
      row[static_cast<size_t>(std::clamp(column, 0.0, 43.0))] = "MPS"[way];
    }
    std::fprintf(stderr, "%9zu %9.1f %9.1f %9.1f |%s\n", sizes[n], us[0][n], us[1][n], us[2][n],
                 row.c_str());
  }
}
