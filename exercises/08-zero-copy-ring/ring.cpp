// SPDX-License-Identifier: BSD-2-Clause
//
// A ring in shared memory: the producer writes a message where the consumer will read it.
//
// Run:      ./ring NONCE TEXT
// Look for: futex, and that neither read nor write moves a message

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

constexpr int messages = 100, slots = 8;

struct Message {
  int number;
  char text[4092];
};

struct Ring {
  sem_t empty, full;  // how many slots are empty, and how many are full
  int next_in, next_out;
  Message slot[slots];
};

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

static Ring* make_ring() {
  Ring* ring = nullptr;
  // TODO: map memory of just this size that a child will share, and set up both semaphores in it,
  return ring;
}

// The slot that the producer may fill next, once there is one.
static Message* begin_write([[maybe_unused]] Ring* ring) {
  // TODO: wait for an empty slot, asleep, and return it
  return nullptr;
}

static void end_write([[maybe_unused]] Ring* ring) {
  // TODO: go on to the next slot, and let the consumer have this one
}

// The slot that the consumer may read next, once there is one.
static const Message* begin_read([[maybe_unused]] Ring* ring) {
  // TODO: wait for a full slot, asleep, and return it
  return nullptr;
}

static void end_read([[maybe_unused]] Ring* ring) {
  // TODO: go on to the next slot, and let the producer have this one
}

static void produce(Ring* ring, const char* text) {
  for (int i = 0; i < messages; i++) {
    Message* message = begin_write(ring);
    if (!message) return;
    message->number = i;
    std::snprintf(message->text, sizeof message->text, "%s %d", text, i);
    end_write(ring);
  }
}

static void consume(Ring* ring, const char* nonce) {
  for (int i = 0; i < messages; i++) {
    const Message* message = begin_read(ring);
    if (!message) return;
    if (message->number != i) {
      std::fprintf(stderr, "message %d came as number %d\n", message->number, i);
      return;
    }
    if (i + 1 == messages) std::printf("%s: %s\n", nonce, message->text);
    end_read(ring);
  }
}

// Waits until that process sleeps or has ended.
static void wait_until_asleep(pid_t process) {
  const std::string name = "/proc/" + std::to_string(process) + "/stat";
  for (char state = 'R'; state != 'S' && state != 'Z'; usleep(1000)) {
    FILE* file = std::fopen(name.c_str(), "r");
    if (!file || std::fscanf(file, "%*d (ring) %c", &state) != 1) die("/proc/PID/stat");
    std::fclose(file);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: ring NONCE TEXT\n"), 2;
  alarm(5);  // who waits for a message that nobody sends waits for ever
  Ring* ring = make_ring();
  if (!ring) return std::fprintf(stderr, "no ring\n"), 1;
  pid_t consumer = fork();
  if (consumer < 0) die("fork");
  if (consumer == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    consume(ring, argv[1]);
    std::fflush(stdout);
    _exit(0);
  }
  wait_until_asleep(consumer);
  produce(ring, argv[2]);
  if (waitpid(consumer, nullptr, 0) < 0) die("waitpid");
}
