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

  // TODO: make a private segment of 8192 bytes, mode 0600, and attach it to `memory`
  // TODO: remove it now, before anything can go wrong
  // TODO: start a child that writes `text` into it, detaches, and ends with _exit(0)
  // TODO: wait for the child, and let the kernel tell how many are attached now (IPC_STAT)
  std::printf("%s: %s\n", argv[1], memory);
  // TODO: detach
  return child > 0 ? 0 : 1;
}
