// SPDX-License-Identifier: BSD-2-Clause
//
// Becomes another program: same process, other code.
#include <unistd.h>

#include <cstdio>

int main() {
  execl("/bin/echo", "echo", "the other program", nullptr);
  std::perror("execl");
  return 1;
}
