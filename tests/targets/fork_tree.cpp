// SPDX-License-Identifier: BSD-2-Clause
//
// Each process forks two, three levels deep: 15 processes. Each exits with the number of
// processes in its part of the tree, so the status of the whole is 15.
#include <sys/wait.h>
#include <unistd.h>

namespace {

int grow(int levels) {
  int processes = 1;
  for (int child = 0; levels > 0 && child < 2; ++child) {
    pid_t pid = fork();
    if (pid < 0) return 100;
    if (pid == 0) _exit(grow(levels - 1));
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return 101;
    processes += WEXITSTATUS(status);
  }
  return processes;
}

}  // namespace

int main() { return grow(3); }
