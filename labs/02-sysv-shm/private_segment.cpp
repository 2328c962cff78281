// SPDX-License-Identifier: BSD-2-Clause
//
// The kernel keeps a segment until IPC_RMID, so a program that fails half way must undo the half.
//
// Run:      build/labs/02-sysv-shm/private_segment
// Trace:    build/bin/shmpath run 02
// Look for: each failed call, and the shmdt and IPC_RMID that answer it.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

static void* const nowhere = reinterpret_cast<void*>(-1);
static void* const misaligned = reinterpret_cast<void*>(1);
static int careless = -1;

static void clean_up() {
  if (careless >= 0) shmctl(careless, IPC_RMID, nullptr);
}

// Segments this process created (ipcs -m -p) and attachments it holds.
static int left_over() {
  int count = 0;
  std::ifstream segments("/proc/sysvipc/shm"), maps("/proc/self/maps");
  long key, id, mode, size, creator;
  for (std::string line; std::getline(segments, line);)
    count +=
        std::istringstream(line) >> key >> id >> mode >> size >> creator && creator == getpid();
  for (std::string line; std::getline(maps, line);)
    count += line.find("/SYSV") != std::string::npos;
  return count;
}

// The documented 100-byte program, with everything undone on every way out. Says which call failed.
static const char* use_segment(size_t size, const void* where, long wrong_by, int command) {
  int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
  if (id < 0) return "shmget ";
  char* memory = static_cast<char*>(shmat(id, where, 0));
  if (memory == nowhere) {
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
  careless = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (careless < 0) die("shmget");
  if (shmat(careless, misaligned, 0) != nowhere) die("shmat did not fail");
  int without_care = left_over();
  if (shmctl(careless, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  careless = -1;

  step("fail in shmget: a size of 0");
  std::string failed = use_segment(0, nullptr, 0, IPC_RMID);
  int with_care = left_over();

  step("fail in shmat: an address not on a page");
  failed += use_segment(100, misaligned, 0, IPC_RMID);
  with_care += left_over();

  step("fail in shmdt: an address one byte off");
  failed += use_segment(100, nullptr, 1, IPC_RMID);
  with_care += left_over();

  step("fail in shmctl: no such command");
  failed += use_segment(100, nullptr, 0, 9999);
  with_care += left_over();

  step("fail in none");
  failed += use_segment(100, nullptr, 0, IPC_RMID);
  with_care += left_over();
  std::printf("failed in turn: %s\n", failed.c_str());
  bool as_meant = failed == "shmget shmat shmdt shmctl none ";
  claim("C47", as_meant && without_care > 0 && with_care == 0 ? holds : differs,
        "left over: %d where nothing was undone, %d where each failure was", without_care,
        with_care);
}
