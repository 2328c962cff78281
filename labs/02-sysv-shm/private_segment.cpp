// SPDX-License-Identifier: BSD-2-Clause
//
// The kernel keeps a segment until IPC_RMID, so a program that fails half way must undo the half.
//
// Run:      build/labs/02-sysv-shm/private_segment
// Trace:    build/bin/shmpath run 02
// Look for: each failed call, and the shmdt and IPC_RMID that answer it.

#include <sys/ipc.h>
#include <sys/shm.h>

#include <string>

#include "lab.h"

static void* const misaligned = reinterpret_cast<void*>(1);
static int id = -1;

static void clean_up() {
  if (id >= 0) shmctl(id, IPC_RMID, nullptr);
}

// Whether the last segment is there still: a removed one is, as long as it is attached.
static int left_over() {
  struct shmid_ds segment;
  if (shmctl(id, IPC_STAT, &segment) == 0) return 1;
  id = -1;
  return 0;
}

// The documented 100-byte program, with everything undone on every way out. Says which call failed.
static const char* use_segment(size_t size, const void* where, long wrong_by, int command) {
  id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
  if (id < 0) return "shmget ";
  auto memory = static_cast<char*>(shmat(id, where, 0));
  if (memory == reinterpret_cast<char*>(-1)) {
    if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl after shmat");
    return "shmat ";
  }
  memory[0] = 1;
  if (shmdt(memory + wrong_by) < 0) {
    if (shmdt(memory) < 0) die("shmdt after shmdt");
    if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl after shmdt");
    return "shmdt ";
  }
  if (shmctl(id, command, nullptr) < 0) {
    if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl after shmctl");
    return "shmctl ";
  }
  return "none ";
}

int main() {
  std::atexit(clean_up);

  step("fail as the document's program does, undoing nothing");
  id = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (id < 0) die("shmget");
  if (shmat(id, misaligned, 0) != reinterpret_cast<void*>(-1)) die("shmat did not fail");
  int careless = left_over();
  if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");

  step("fail in shmget: a size of 0");
  std::string failed = use_segment(0, nullptr, 0, IPC_RMID);
  int careful = left_over();

  step("fail in shmat: an address not on a page");
  failed += use_segment(100, misaligned, 0, IPC_RMID);
  careful += left_over();

  step("fail in shmdt: an address one byte off");
  failed += use_segment(100, nullptr, 1, IPC_RMID);
  careful += left_over();

  step("fail in shmctl: no such command");
  failed += use_segment(100, nullptr, 0, 9999);
  careful += left_over();
  claim("C47", failed == "shmget shmat shmdt shmctl " && careless && !careful ? holds : differs,
        "left over: %d where nothing was undone, %d where each failure was", careless, careful);
}
