// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment that is removed while it is attached lives until the last process detaches.
//
// Run:      ./lifetime NONCE TEXT
// Look for: ipcs -m, before and after

#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

[[maybe_unused, noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: lifetime NONCE TEXT\n"), 2;
  [[maybe_unused]] const char* text = argv[2];
  static char nothing[1];
  char* memory = nothing;
  pid_t child = -1;

  // BEGIN SOLUTION 03
  // todo: make a private segment of 8192 bytes, mode 0600, and attach it to `memory`
  int id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);
  if (id < 0) die("shmget");
  memory = static_cast<char*>(shmat(id, nullptr, 0));
  if (memory == reinterpret_cast<char*>(-1)) die("shmat");
  // todo: remove it now, before anything can go wrong
  if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  // todo: start a child that writes `text` into it, detaches, and ends with _exit(0)
  child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    std::strcpy(memory, text);
    if (shmdt(memory) < 0) die("shmdt");
    _exit(0);
  }
  // todo: wait for the child, and let the kernel tell how many are attached now (IPC_STAT)
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");
  shmid_ds segment;
  if (shmctl(id, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  // END SOLUTION 03
  std::printf("%s: %s\n", argv[1], memory);
  // BEGIN SOLUTION 03
  // todo: detach
  if (shmdt(memory) < 0) die("shmdt");
  // END SOLUTION 03
  return child > 0 ? 0 : 1;
}
