// SPDX-License-Identifier: BSD-2-Clause
//
// A memfd that two processes have is only as safe as the other one is honest, unless it is sealed:
// a seal can be set by anybody who may write, can be read by the other side, and never comes off.
//
// Run:      build/labs/08-memfd-passing/seals
// Trace:    build/bin/shmpath run 08
// Look for: memfd_fcntl, and EPERM from ftruncate, write and mmap in step 5.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

static int new_memfd() {
  int fd = memfd_create("shmpath-lab-08", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) die("memfd_create");
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  return fd;
}

// The error of the call that has just been made, "success" if it had none.
static void outcome(const char* call, bool failed) {
  std::printf("  %s: %s\n", call, failed ? strerrorname_np(errno) : "success");
}

// A process that maps the page, then has it shrunk under it by the other, and reads.
static void trust(int fd) {
  pid_t trusting = fork();
  if (trusting < 0) die("fork");
  if (trusting == 0) {
    rlimit no_core{0, 0};
    if (setrlimit(RLIMIT_CORE, &no_core) < 0) _exit(1);
    auto memory = static_cast<volatile char*>(mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, 0));
    if (memory == MAP_FAILED) _exit(1);
    if (ftruncate(fd, 0) < 0 && errno != EPERM) _exit(1);
    _exit(memory[0]);
  }
  int status;
  if (waitpid(trusting, &status, 0) < 0) die("waitpid");
  if (WIFSIGNALED(status))
    std::printf("  the reader is killed by SIG%s\n", sigabbrev_np(WTERMSIG(status)));
  else
    std::printf("  the reader %s\n", status == 0 ? "reads the page" : "fails in another way");
}

int main() {
  step("shrink an unsealed memfd while somebody reads it");
  int bare = new_memfd();
  trust(bare);

  step("shrink one that is sealed against it");
  int fd = new_memfd();
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) die("fcntl F_ADD_SEALS");
  trust(fd);

  step("forbid writing while there is a writable mapping");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  outcome("F_ADD_SEALS F_SEAL_WRITE", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0);
  if (munmap(memory, page) < 0) die("munmap");

  step("forbid growing, writing and more seals");
  outcome("F_ADD_SEALS F_SEAL_GROW|F_SEAL_WRITE|F_SEAL_SEAL",
          fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0);

  step("try what is forbidden");
  outcome("ftruncate to 0", ftruncate(fd, 0) < 0);
  outcome("ftruncate to two pages", ftruncate(fd, static_cast<off_t>(2 * page)) < 0);
  outcome("write", write(fd, "x", 1) < 0);
  memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  outcome("mmap PROT_WRITE, MAP_SHARED", memory == MAP_FAILED);
  outcome("F_ADD_SEALS F_SEAL_GROW", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0);
  if (close(bare) < 0 || close(fd) < 0) die("close");
}
