// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: kill_self N. Dies of signal N.
#include <unistd.h>

#include <csignal>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  kill(getpid(), std::atoi(argv[1]));
  for (;;) pause();
}
