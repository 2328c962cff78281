// SPDX-License-Identifier: BSD-2-Clause
//
// mprotect changes the page table of the process that calls it. Who else has the memory mapped
// keeps the rights it had.
//
// Run:      build/labs/07-mapping-controls/mprotect_here
// Trace:    build/bin/shmpath run 07
// Look for: the child's mprotect_fixup, and its write fault on a page that is present, which no
//           handle_mm_fault answers.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const int no_right = 42, wrong_value = 43, no_signal = 44;  // exit statuses of the child

// The memory is there and the right is not, or something else is wrong.
static void refused(int /*signal*/, siginfo_t* info, void* /*context*/) {
  _exit(info->si_code == SEGV_ACCERR ? no_right : no_signal);
}

// The child makes its mapping read-only, says so, waits for the parent's store, and then tries one.
static void be_child(volatile char* memory, int said, const int awaited[2]) {
  if (close(awaited[1]) < 0) die("close");  // so that a dead parent ends the wait
  struct sigaction action {};
  action.sa_sigaction = refused;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSEGV, &action, nullptr) < 0) die("sigaction");
  if (mprotect(const_cast<char*>(memory), page, PROT_READ) < 0) die("mprotect");
  char ready = 'r';
  if (write(said, &ready, 1) != 1) die("write");
  if (read(awaited[0], &ready, 1) != 1) die("read");
  if (memory[0] != 'p') _exit(wrong_value);
  memory[0] = 'c';
  _exit(no_signal);
}

int main() {
  step("share a page with a child");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* memory = static_cast<char*>(mapping);
  memory[0] = 'a';
  int to_parent[2], to_child[2];
  if (pipe(to_parent) < 0 || pipe(to_child) < 0) die("pipe");

  step("let the child make its mapping read-only");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) be_child(memory, to_parent[1], to_child);
  if (close(to_parent[1]) < 0) die("close");  // so that a dead child ends the wait
  char ready = 0;
  if (read(to_parent[0], &ready, 1) != 1) die("the child");

  step("store in the parent");
  memory[0] = 'p';

  step("let the child read that, and store");
  if (write(to_child[1], &ready, 1) != 1) die("write");
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  int result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

  step("compare");
  bool parent_wrote = memory[0] == 'p' && result != wrong_value;
  claim("C27", parent_wrote && result == no_right ? holds : differs,
        "with the child's mapping read-only the parent's store %s, and the child's %s",
        parent_wrote ? "reached the child" : "did not reach the child",
        result == no_right ? "was refused (SIGSEGV, SEGV_ACCERR)" : "was not refused");

  step("unmap");
  if (munmap(mapping, page) < 0) die("munmap");
}
