// SPDX-License-Identifier: BSD-2-Clause
//
// A log in shared memory, as Aeron keeps it: the writer moves an atomic tail, and publishes a
// message by storing its length last. No lock, no system call, no copy by the kernel.
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

static const int readers = 3, messages = 500;

struct Message {
  std::atomic<unsigned> length;  // 0 until the text is complete
  char text[124];
};
struct Log {
  std::atomic<int> tail;      // where the next message goes
  Message message[messages];  // all zero when new, so that every length is 0
};

// Whether all messages come as they were written, and in order. The reader polls the length at its
// position: an acquire load, so that the text is there when the length is.
static bool follow(const Log* log) {
  bool good = true;
  for (int position = 0; position < messages; position++) {
    const Message& message = log->message[position];
    unsigned length = 0;
    while (length == 0) length = message.length.load(std::memory_order_acquire);
    char expected[sizeof message.text];
    int size = std::snprintf(expected, sizeof expected, "this is message %d", position);
    good &= static_cast<int>(length) == size && std::memcmp(message.text, expected, length) == 0;
  }
  return good;
}

int main() {
  step("make the log");
  int fd = shm_open("/shmpath-lab-13", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-lab-13)");
  if (shm_unlink("/shmpath-lab-13") < 0) die("shm_unlink");  // the readers inherit the mapping
  if (ftruncate(fd, sizeof(Log)) < 0) die("ftruncate");
  void* memory = mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto log = static_cast<Log*>(memory);

  step("start three readers");
  for (int reader = 0; reader < readers; reader++) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) continue;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");  // not to poll for ever
    _exit(follow(log) ? 0 : 2);
  }

  step("write 500 messages");
  for (int number = 0; number < messages; number++) {
    Message& message = log->message[log->tail.fetch_add(1)];  // no two writers would meet
    int size = std::snprintf(message.text, sizeof message.text, "this is message %d", number);
    message.length.store(static_cast<unsigned>(size), std::memory_order_release);  // published
  }

  step("wait for the readers");
  for (int reader = 0; reader < readers; reader++) {
    int status;
    if (wait(&status) < 0) die("wait");
    std::printf("a reader: %s\n",
                status == 0 ? "500 messages as written, in order" : "something else");
  }
}
