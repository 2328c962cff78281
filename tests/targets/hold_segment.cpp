// SPDX-License-Identifier: BSD-2-Clause
//
// Makes a System V segment, attaches it, says "ready PID ID", and waits to be ended: the segment
// outlives it.
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdio>

int main() {
  const int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  if (id < 0 || shmat(id, nullptr, 0) == reinterpret_cast<void*>(-1)) return 1;
  std::printf("ready %d %d\n", static_cast<int>(getpid()), id);
  std::fflush(stdout);
  pause();
}
