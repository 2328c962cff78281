// SPDX-License-Identifier: BSD-2-Clause
//
// A lock is a flag of whole pages of one address space: locking twice sets it twice, unlocking once
// clears it, fork gives the child none, and exec begins an address space without.
//
// Run:      build/labs/07-mapping-controls/lock_lifetime
// Trace:    build/bin/shmpath run 07
// Look for: mlock_fixup in steps 2 and 3 with the same newflags, and in step 4 with one bit less.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

static int locked_pages() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmLck:") continue;
  size_t kilobytes;
  if (!(status >> kilobytes)) die("/proc/self/status");
  return static_cast<int>(kilobytes * 1024 / page);
}

int main(int argc, char** /*argv*/) {
  if (argc > 1) return locked_pages();  // as step 6 starts it

  step("map four pages");
  auto memory = static_cast<char*>(
      mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) die("mmap");

  step("lock two bytes, the last of one page and the first of the next");
  if (mlock(memory + page - 1, 2) < 0) {
    claim("C29", not_checked, "needs a limit of two pages or more (ulimit -l)");
    return 0;
  }
  int rounded = locked_pages();

  step("lock them again");
  if (mlock(memory + page - 1, 2) < 0) die("mlock");
  int twice = locked_pages();

  step("unlock them once");
  if (munlock(memory + page - 1, 2) < 0) die("munlock");
  int unlocked = locked_pages();

  step("lock them, and fork");
  if (mlock(memory, 2 * page) < 0) die("mlock");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) _exit(locked_pages());
  int status, in_parent = locked_pages();
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  int in_child = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

  step("lock them in a child, and exec");
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (mlock(memory, 2 * page) < 0 || locked_pages() != 2) _exit(99);
    execl("/proc/self/exe", "lock_lifetime", "count", nullptr);
    _exit(98);
  }
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  int after_exec = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

  step("compare");
  bool whole_pages_once = rounded == 2 && twice == 2 && unlocked == 0;
  bool dropped = in_parent == 2 && in_child == 0 && after_exec == 0;
  claim("C29", whole_pages_once && dropped ? holds : differs,
        "locked pages: %d for two bytes, %d when locked twice, %d when unlocked once; %d in the "
        "child of a process with %d, %d after exec",
        rounded, twice, unlocked, in_child, in_parent, after_exec);
}
