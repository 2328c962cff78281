// SPDX-License-Identifier: BSD-2-Clause
//
// Stops itself as job control would, and says "continued" once somebody has sent SIGCONT.
#include <unistd.h>

#include <csignal>
#include <cstdio>

int main() {
  std::printf("ready %d\n", static_cast<int>(getpid()));
  std::fflush(stdout);
  raise(SIGSTOP);
  std::puts("continued");
}
