// SPDX-License-Identifier: BSD-2-Clause
//
// A process that is killed runs no handler: the POSIX object that it had named stays, and has to be
// found and removed. An object that had lost its name before goes with the process.
//
// Run:      build/labs/11-lifetime/killed_posix
// Trace:    build/bin/shmpath run 11
// Look for: exit_mmap in the children, and shmem_unlink in the parent in step 1.

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "lab.h"

// With the process id in it, it is nobody else's.
static const std::string name = "/shmpath-lab-11-" + std::to_string(getpid());

static void clean_up() { shm_unlink(name.c_str()); }

// Each of these leaves a process at its worst moment, and returns its descriptor.
static int before_shm_unlink() {
  int fd = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open");
  return fd;
}
static int holding_unlinked() {
  int fd = before_shm_unlink();
  if (ftruncate(fd, 1) < 0) die("ftruncate");
  void* memory = mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  *static_cast<volatile char*>(memory) = 1;
  if (shm_unlink(name.c_str()) < 0) die("shm_unlink");
  return fd;
}

struct Child {
  pid_t pid;
  int knows;  // the number that it returned at its worst moment
};

// Returns when the child is at its worst moment, where it stays.
static Child start(int (*worst_moment)()) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) < 0) die("pipe2");
  Child child{fork(), -1};
  if (child.pid < 0) die("fork");
  if (child.pid == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");
    int knows = worst_moment();
    if (write(pipe_ends[1], &knows, sizeof knows) != sizeof knows) die("write");
    while (true) pause();
  }
  close(pipe_ends[1]);
  ssize_t got = read(pipe_ends[0], &child.knows, sizeof child.knows);
  close(pipe_ends[0]);
  if (got != sizeof child.knows) std::exit(1);  // the child has said why
  return child;
}

static void kill_it(const Child& child) {
  if (kill(child.pid, SIGKILL) < 0) die("kill");
  if (waitpid(child.pid, nullptr, 0) < 0) die("waitpid");
}

static const char* name_state() {
  return access(("/dev/shm" + name).c_str(), F_OK) == 0 ? "there" : "gone";
}

int main() {
  std::atexit(clean_up);

  step("kill a child between shm_open and shm_unlink");
  kill_it(start(before_shm_unlink));
  std::printf("the object is %s; remove it: ", name_state());
  if (shm_unlink(name.c_str()) < 0) die("shm_unlink");
  std::printf("%s\n", name_state());

  step("kill a child that holds an object without a name");
  Child child = start(holding_unlinked);
  int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  auto object = "/proc/" + std::to_string(child.pid) + "/fd/" + std::to_string(child.knows);
  if (watch < 0 || inotify_add_watch(watch, object.c_str(), IN_DELETE_SELF) < 0) die("inotify");
  char event[256];
  bool held = read(watch, event, sizeof event) < 0;  // EAGAIN: nothing has happened to it
  kill_it(child);
  bool gone = read(watch, event, sizeof event) > 0;
  std::printf("the object was %s, and is %s\n", held ? "there" : "gone", gone ? "gone" : "there");
}
