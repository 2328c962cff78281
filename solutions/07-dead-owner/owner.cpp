// SPDX-License-Identifier: BSD-2-Clause
//
// A lock in shared memory outlives its owner. A robust one tells the next owner that it did.
//
// Run:      ./owner NONCE TEXT
// Look for: the futex call of the second process, and who wakes it

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

struct Shared {
  pthread_mutex_t lock;
  long here, there;  // 100 together, whenever nobody has the lock
  char note[64];
};

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// The functions of pthread return the error instead of setting errno.
[[maybe_unused]] static void check(int error, const char* call) {
  errno = error;
  if (error != 0) die(call);
}

static void set_up([[maybe_unused]] Shared* shared) {
  // BEGIN SOLUTION 07
  // todo: make `lock` a mutex that works between processes and is robust
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
  check(pthread_mutex_init(&shared->lock, &attributes), "pthread_mutex_init");
  // END SOLUTION 07
}

// Takes the lock. When its owner died with it, repairs the numbers and leaves `text` as the note.
static void take([[maybe_unused]] Shared* shared, [[maybe_unused]] const char* text) {
  // BEGIN SOLUTION 07
  // todo: lock it. EOWNERDEAD means: you have it, and must make it consistent again
  int error = pthread_mutex_lock(&shared->lock);
  if (error == EOWNERDEAD) {
    shared->there = 100 - shared->here;
    std::strcpy(shared->note, text);
    error = pthread_mutex_consistent(&shared->lock);
  }
  check(error, "pthread_mutex_lock");
  // END SOLUTION 07
}

static void give([[maybe_unused]] Shared* shared) {
  // BEGIN SOLUTION 07
  // todo: unlock it
  check(pthread_mutex_unlock(&shared->lock), "pthread_mutex_unlock");
  // END SOLUTION 07
}

static pid_t start() {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return child;
}

// Waits until that process sleeps or has ended.
static void wait_until_asleep(pid_t process) {
  const std::string name = "/proc/" + std::to_string(process) + "/stat";
  for (char state = 'R'; state != 'S' && state != 'Z'; usleep(1000)) {
    FILE* file = std::fopen(name.c_str(), "r");
    if (!file || std::fscanf(file, "%*d (owner) %c", &state) != 1) die("/proc/PID/stat");
    std::fclose(file);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: owner NONCE TEXT\n"), 2;
  alarm(5);  // who waits for a lock that nobody gives waits for ever
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  auto shared = static_cast<Shared*>(memory);
  shared->here = 100;
  set_up(shared);
  int ready[2];
  if (pipe(ready) < 0) die("pipe");

  pid_t first = start();
  if (first == 0) {  // takes the lock, and dies in the middle of an update
    take(shared, "nobody died yet");
    shared->here -= 10;
    if (write(ready[1], "r", 1) != 1) die("write");
    for (;;) pause();
  }
  char byte;
  if (read(ready[0], &byte, 1) != 1) die("read");
  pid_t second = start();
  if (second == 0) {  // wants the lock
    take(shared, argv[2]);
    give(shared);
    _exit(0);
  }
  wait_until_asleep(second);
  if (kill(first, SIGKILL) < 0) die("kill");
  if (waitpid(first, nullptr, 0) < 0 || waitpid(second, nullptr, 0) < 0) die("waitpid");
  std::printf("%s: %ld here, %ld there; %s\n", argv[1], shared->here, shared->there, shared->note);
  std::fflush(stdout);
  take(shared, "somebody else died");
  give(shared);
  return shared->here + shared->there == 100 ? 0 : 1;
}
