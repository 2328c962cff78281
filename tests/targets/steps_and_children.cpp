// SPDX-License-Identifier: BSD-2-Clause
//
// Step markers around children: one made by fork and one by vfork, which begin steps of their own,
// and a last step after both. The status is 3, or how a child failed.
#include <sys/sdt.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

[[gnu::noinline]] void step(int number, const char* text) {
  DTRACE_PROBE2(shmpath, step, number, text);
}

int end_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 100;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int main() {
  step(1, "before");
  pid_t forked = fork();
  if (forked == 0) {
    step(2, "in the child of fork");
    _exit(0);
  }
  if (int failed = end_of(forked)) return failed;
  pid_t borrowed = vfork();
  if (borrowed == 0) {
    step(3, "in the child of vfork");
    _exit(0);
  }
  if (int failed = end_of(borrowed)) return failed;
  step(4, "after");
  return 3;
}
