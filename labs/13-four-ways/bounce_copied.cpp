// SPDX-License-Identifier: BSD-2-Clause
//
// A message through a pipe or a socket is copied twice by the kernel: in when it is written, and
// out when it is read. Compare bounce_shared.
//
// Run:      build/labs/13-four-ways/bounce_copied
// Trace:    build/bin/shmpath run 13
// Look for: write and read of every message, in pieces where it is longer than the pipe.
// Numbers:  round trips, as a table and a plot, on standard error: no two runs agree.

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <new>

#include "lab.h"

static const size_t sizes[] = {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};
static char message[1048576];  // after fork, each process has its own

// The bytes of the messages, and those that write and read moved, of both processes.
struct Counts {
  std::atomic<size_t> sent, in, out;
};

static void send_all(int fd, size_t size, Counts* counts) {
  counts->sent += size;
  for (size_t done = 0; done < size;) {
    ssize_t moved = write(fd, message + done, size - done);
    if (moved <= 0) die("write");
    done += static_cast<size_t>(moved);
    counts->in += static_cast<size_t>(moved);
  }
}
static void receive_all(int fd, size_t size, char content, Counts* counts) {
  for (size_t done = 0; done < size;) {
    ssize_t moved = read(fd, message + done, size - done);
    if (moved <= 0) die("read");
    done += static_cast<size_t>(moved);
    counts->out += static_cast<size_t>(moved);
  }
  if (message[0] != content || std::memcmp(message, message + 1, size - 1) != 0)
    errno = EBADMSG, die("what was received is not what was sent");
}

// Bounces messages of each size. here: the parent's descriptors, to read and to write; there: the
// child's. Each message is written and read as a whole by the program, too.
static void bounce(const char* way, const int (&here)[2], const int (&there)[2], Counts* counts) {
  counts->sent = counts->in = counts->out = 0;
  std::fprintf(stderr, "%s, microseconds%*s1         10        100       1000\n", way,
               static_cast<int>(17 - std::strlen(way)), "");
  pid_t child = fork();
  if (child < 0) die("fork");
  for (size_t size : sizes) {
    const size_t rounds = size > 65536 ? 5 : 21;
    double us[21];
    for (size_t round = 0; round < rounds; round++) {
      auto begun = std::chrono::steady_clock::now();
      if (child == 0) receive_all(there[0], size, 'a', counts);
      std::memset(message, child == 0 ? 'b' : 'a', size);
      send_all(child == 0 ? there[1] : here[1], size, counts);
      if (child != 0) receive_all(here[0], size, 'b', counts);
      auto took = std::chrono::steady_clock::now() - begun;
      us[round] = std::chrono::duration<double, std::micro>(took).count();
    }
    if (child == 0) continue;
    std::sort(us, us + rounds);
    double middle = us[rounds / 2];
    int column = std::clamp(static_cast<int>(10 * std::log10(middle)), -10, 40) + 10;
    std::fprintf(stderr, "%9zu %9.2f |%*s*\n", size, middle, column, "");
  }
  if (child == 0) _exit(0);
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) std::exit(1);
  std::printf("%s: %zu bytes sent, %zu copied in by write, %zu copied out by read\n", way,
              counts->sent.load(), counts->in.load(), counts->out.load());
}

int main() {
  alarm(120);  // a process that has lost the other does not wait for ever
  void* shared =
      mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("mmap");
  auto counts = new (shared) Counts;

  step("bounce messages through two pipes");
  int there[2], back[2], ends[2];
  if (pipe(there) < 0 || pipe(back) < 0) die("pipe");
  bounce("pipe", {back[0], there[1]}, {there[0], back[1]}, counts);

  step("bounce messages through a Unix socket");
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) die("socketpair");
  bounce("Unix socket", {ends[0], ends[0]}, {ends[1], ends[1]}, counts);
}
