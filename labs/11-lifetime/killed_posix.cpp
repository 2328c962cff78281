// SPDX-License-Identifier: BSD-2-Clause
//
// A process that is killed runs no handler: the POSIX object that it had named stays, and has to be
// found and removed. An object that had lost its name before goes with the process.
//
// Run:      build/labs/11-lifetime/killed_posix
// Trace:    build/bin/shmpath run 11
// Look for: shmem_evict_inode below unlink in the parent in step 1, and in the child in step 2.

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

// Starts a child that makes an object, takes its name away if told to, and stays there. Through
// inotify, whose descriptor both have, the kernel will say when the inode is no more.
static pid_t start_child(bool unlinks, int watch) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0) die("pipe2");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");
    int fd = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) die("shm_open");
    if (inotify_add_watch(watch, ("/dev/shm" + name).c_str(), IN_DELETE_SELF) < 0) die("inotify");
    if (ftruncate(fd, 1) < 0) die("ftruncate");
    if (mmap(nullptr, 1, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) die("mmap");
    if (unlinks && shm_unlink(name.c_str()) < 0) die("shm_unlink");
    if (write(ready[1], "", 1) != 1) die("write");
    while (true) pause();
  }
  close(ready[1]);
  char byte;
  if (read(ready[0], &byte, 1) != 1) std::exit(1);  // the child has said why
  close(ready[0]);
  return child;
}

static void kill_it(pid_t child) {
  if (kill(child, SIGKILL) < 0) die("kill");
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
}

// Reads the event, if there is one: an inode is said to be gone once.
static const char* state(int watch) {
  char event[256];
  return read(watch, event, sizeof event) > 0 ? "gone" : "there";
}

int main() {
  std::atexit(clean_up);
  int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch < 0) die("inotify_init1");

  step("kill a child between shm_open and shm_unlink");
  kill_it(start_child(false, watch));
  std::printf("the object is %s; remove it: ", state(watch));
  if (shm_unlink(name.c_str()) < 0) die("shm_unlink");
  std::printf("%s\n", state(watch));

  step("kill a child that holds an object without a name");
  pid_t child = start_child(true, watch);
  std::printf("the object was %s, ", state(watch));
  kill_it(child);
  std::printf("and is %s\n", state(watch));
}
