// SPDX-License-Identifier: BSD-2-Clause
//
// Lends its memory to a child until the child has become another program. Exits with what the
// child exits with: 7.
#include <sys/wait.h>
#include <unistd.h>

int main() {
  pid_t child = vfork();
  if (child < 0) return 1;
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 7", nullptr);
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
  return WEXITSTATUS(status);
}
