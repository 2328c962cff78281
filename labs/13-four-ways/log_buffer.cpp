// SPDX-License-Identifier: BSD-2-Clause
//
// A log in shared memory, as Aeron keeps it: the writer claims room by moving an atomic tail, and
// publishes a message by storing its length last. Readers follow at positions of their own. No
// lock, no system call, no copy by the kernel.
//
// Run:      build/labs/13-four-ways/log_buffer
// Trace:    build/bin/shmpath run 13
// Look for: page faults in step 3, and no system call between its beginning and the step after it.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "lab.h"

static const int readers = 3;
static const unsigned messages = 500, term_bytes = 65536, alignment = 32;

struct Frame {
  std::atomic<unsigned> length;  // 0 until the message is complete
  unsigned number;
  char text[];
};
struct Log {
  std::atomic<unsigned> tail;               // where the next message goes
  std::atomic<unsigned> position[readers];  // up to where each reader has read
  std::atomic<unsigned> good[readers];      // messages that it found as they were written, in order
  alignas(64) char term[term_bytes];        // all zero when new, so that every length is 0
};
static bool created = false;

static void clean_up() {
  if (created) shm_unlink("/shmpath-lab-13-log");
}

static Log* map_log() {
  int fd = shm_open("/shmpath-lab-13-log", O_RDWR, 0);
  if (fd < 0) die("shm_open");
  void* memory = mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  if (close(fd) < 0) die("close");
  return static_cast<Log*>(memory);
}
static unsigned text_length(unsigned number) { return 1 + number * 7 % 100; }
static char letter(unsigned number) { return static_cast<char>('a' + number % 26); }
static unsigned aligned(unsigned length) {
  return (length + alignment - 1) / alignment * alignment;
}

// A reader: polls the length at its position. An acquire load, so that the text is there when the
// length is.
static void follow(Log* log, int reader) {
  unsigned at = 0;
  for (unsigned number = 0; number < messages; number++) {
    auto frame = reinterpret_cast<Frame*>(log->term + at);
    unsigned length = 0;
    while ((length = frame->length.load(std::memory_order_acquire)) == 0) continue;
    bool as_written = frame->number == number && length == sizeof(Frame) + text_length(number);
    for (unsigned n = 0; as_written && n < text_length(number); n++)
      as_written = frame->text[n] == letter(number);
    log->good[reader] += as_written;
    at += aligned(length);
    log->position[reader].store(at, std::memory_order_release);
  }
}

int main() {
  std::atexit(clean_up);

  step("make the log");
  int fd = shm_open("/shmpath-lab-13-log", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-lab-13-log)");
  created = true;
  if (ftruncate(fd, sizeof(Log)) < 0) die("ftruncate");
  Log* log = map_log();

  step("start three readers");
  int ready[2];
  pid_t child[readers];
  if (pipe2(ready, O_CLOEXEC) < 0) die("pipe2");
  for (int reader = 0; reader < readers; reader++) {
    child[reader] = fork();
    if (child[reader] < 0) die("fork");
    if (child[reader] == 0) {
      if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) _exit(2);  // not to poll for ever
      Log* own = map_log();                                // by its name, at an address of its own
      if (write(ready[1], "r", 1) != 1) _exit(2);
      follow(own, reader);
      _exit(0);
    }
  }
  if (close(ready[1]) < 0) die("close");
  char letters[readers];
  for (char& one : letters)
    if (read(ready[0], &one, 1) != 1) die("read (a reader has ended)");

  step("write 500 messages");
  for (unsigned number = 0; number < messages; number++) {
    unsigned length = sizeof(Frame) + text_length(number);
    unsigned at = log->tail.fetch_add(aligned(length));  // several writers would not meet either
    if (at + length > term_bytes) break;  // Aeron would go on in the next of its three terms
    auto frame = reinterpret_cast<Frame*>(log->term + at);
    frame->number = number;
    std::memset(frame->text, letter(number), text_length(number));
    frame->length.store(length, std::memory_order_release);  // last: this publishes the message
  }

  step("wait for the readers");
  for (int reader = 0; reader < readers; reader++) {
    int status = 0;
    if (waitpid(child[reader], &status, 0) < 0) die("waitpid");
    if (status != 0) return 1;
    std::printf("reader %d: %u messages as written and in order, position %u, tail %u\n",
                reader + 1, log->good[reader].load(), log->position[reader].load(),
                log->tail.load());
  }

  step("remove the log");
  if (shm_unlink("/shmpath-lab-13-log") < 0) die("shm_unlink");
  created = false;
}
