// SPDX-License-Identifier: BSD-2-Clause
//
// A message through a pipe or a socket is copied twice by the kernel: in when it is written, and
// out when it is read. Compare bounce_shared.
//
// Run:      build/labs/13-four-ways/bounce_copied
// Trace:    build/bin/shmpath run 13
// Look for: write and read of every message, in pieces where it is longer than the pipe.

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "lab.h"

static const size_t sizes[] = {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576};
static const int rounds = 10;
static char message[1048576];  // after fork, each process has its own

static void send_all(int fd, char content, size_t size) {
  std::memset(message, content, size);
  for (size_t done = 0; done < size;) {
    ssize_t copied_in = write(fd, message + done, size - done);
    if (copied_in <= 0) die("write");
    done += static_cast<size_t>(copied_in);
  }
}

static void receive_all(int fd, char content, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t copied_out = read(fd, message + done, size - done);
    if (copied_out <= 0) die("read");
    done += static_cast<size_t>(copied_out);
  }
  errno = EBADMSG;
  if (message[0] != content || std::memcmp(message, message + 1, size - 1) != 0)
    die("what was received is not what was sent");
}

// The parent sends and the child answers. Times go to standard error: no two runs agree.
static void bounce(const char* way, int parent_in, int parent_out, int child_in, int child_out) {
  pid_t child = fork();
  if (child < 0) die("fork");
  size_t sent = 0;
  for (size_t size : sizes) {
    double shortest = 1e9;
    for (int round = 0; round < rounds; round++) {
      auto begun = std::chrono::steady_clock::now();
      if (child == 0) receive_all(child_in, 'a', size);
      send_all(child == 0 ? child_out : parent_out, child == 0 ? 'b' : 'a', size);
      if (child > 0) receive_all(parent_in, 'b', size);
      std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
      shortest = std::min(shortest, took.count());
      sent += 2 * size;
    }
    if (child > 0) std::fprintf(stderr, "%s, %zu bytes: %.2f us\n", way, size, shortest);
  }
  if (child == 0) _exit(0);
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) std::exit(1);  // the child has said why
  std::printf("%s: %zu bytes sent, each copied in by write and out by read\n", way, sent);
}

int main() {
  alarm(120);  // a process that has lost the other does not wait for ever

  step("bounce messages through two pipes");
  int there[2], back[2], ends[2];
  if (pipe(there) < 0 || pipe(back) < 0) die("pipe");
  bounce("pipe", back[0], there[1], there[0], back[1]);

  step("bounce messages through a Unix socket");
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) die("socketpair");
  bounce("Unix socket", ends[0], ends[0], ends[1], ends[1]);
}
