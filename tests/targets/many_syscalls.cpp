// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: many_syscalls N. Asks for its parent N times: N system calls, as fast as they go.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

int main(int argc, char** argv) {
  const long calls = argc > 1 ? std::atol(argv[1]) : 1000;
  for (long i = 0; i < calls; ++i) syscall(SYS_getppid);
  return 0;
}
