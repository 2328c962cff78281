// SPDX-License-Identifier: BSD-2-Clause
//
// A child becomes another program at once: the page with the name of that is not yet mapped in the
// child, and no longer once it has run.
#include <sys/wait.h>
#include <unistd.h>

int main() {
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    execl("/bin/true", "true", nullptr);
    _exit(127);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child ? status : 1;
}
