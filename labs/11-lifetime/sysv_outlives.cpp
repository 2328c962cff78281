// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment outlives every shmdt and the end of its creator: it goes with IPC_RMID.
//
// Run:      build/labs/11-lifetime/sysv_outlives
// Trace:    build/bin/shmpath run 11
// Look for: shm_close below shmdt without shm_destroy, and shm_destroy below IPC_RMID.

#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// How many lines of what ipcs -m reads have its id.
static int listed() {
  std::ifstream table("/proc/sysvipc/shm");
  int count = 0, id;
  for (std::string line; std::getline(table, line);)
    count += std::sscanf(line.c_str(), "%*d %d", &id) == 1 && id == shmid;
  return count;
}

// What is stored at the start of the segment, attached for that; -1 if it cannot be attached.
static int first_byte() {
  void* address = shmat(shmid, nullptr, SHM_RDONLY);
  if (address == reinterpret_cast<void*>(-1)) return -1;
  int byte = *static_cast<unsigned char*>(address);
  if (shmdt(address) < 0) die("shmdt");
  return byte;
}

int main() {
  std::atexit(clean_up);
  int made[2];
  if (pipe(made) < 0) die("pipe");

  step("a child creates a segment, stores 0x39, detaches, and attaches again");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
    if (shmid < 0) die("shmget");
    void* address = shmat(shmid, nullptr, 0);
    if (address == reinterpret_cast<void*>(-1)) die("shmat");
    *static_cast<volatile char*>(address) = 0x39;
    if (shmdt(address) < 0) die("shmdt");
    int byte = first_byte();
    claim("C39", byte == 0x39 ? holds : differs, "after shmdt, 0x%x is read by the id", byte);
    if (write(made[1], &shmid, sizeof shmid) != sizeof shmid) die("write");
    _exit(0);
  }
  close(made[1]);
  if (read(made[0], &shmid, sizeof shmid) != sizeof shmid) return 1;  // the child has said why
  if (waitpid(child, nullptr, 0) < 0) die("waitpid");

  step("look for it after the child's end, as ipcs -m does");
  int before = listed();
  std::printf("lines with its id: %d\n", before);

  step("attach it, and read");
  int byte = first_byte();

  step("remove it, and look again");
  if (before > 0 && shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  int after = listed();
  claim("C10", before == 1 && byte == 0x39 && after == 0 ? holds : differs,
        "lines in the table: %d after its creator's end, with 0x%x read, and %d after IPC_RMID",
        before, byte, after);
  if (after == 0) shmid = -1;
}
