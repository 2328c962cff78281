// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment belongs to the kernel's table: neither shmdt nor the end of its creator takes
// it away, IPC_RMID does.
//
// Run:      build/labs/11-lifetime/sysv_outlives
// Trace:    build/bin/shmpath run 11
// Look for: shm_close below shmdt without shm_destroy, and shm_destroy below IPC_RMID.

#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// How many segments have this id and this creator, in what ipcs -m reads.
static int listed(int wanted_id, pid_t wanted_creator) {
  std::ifstream table("/proc/sysvipc/shm");
  int count = 0;
  long key, id, mode, size, creator;
  for (std::string line; std::getline(table, line);)
    count += std::istringstream(line) >> key >> id >> mode >> size >> creator && id == wanted_id &&
             creator == wanted_creator;
  return count;
}

static volatile unsigned char* attach(int id) {
  void* address = shmat(id, nullptr, 0);
  if (address == reinterpret_cast<void*>(-1)) die("shmat");
  return static_cast<volatile unsigned char*>(address);
}

static void detach(volatile unsigned char* memory) {
  if (shmdt(const_cast<unsigned char*>(memory)) < 0) die("shmdt");
}

int main() {
  std::atexit(clean_up);
  int pipe_ends[2];
  if (pipe(pipe_ends) < 0) die("pipe");

  step("a child creates a segment, stores 0x39, detaches, and attaches again");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");
    shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
    if (shmid < 0) die("shmget");
    if (write(pipe_ends[1], &shmid, sizeof shmid) != sizeof shmid) die("write");
    volatile unsigned char* memory = attach(shmid);
    memory[0] = 0x39;
    detach(memory);
    struct shmid_ds segment;
    bool has_id = shmctl(shmid, IPC_STAT, &segment) == 0;
    int byte = has_id ? attach(shmid)[0] : -1;
    claim("C39", has_id && segment.shm_nattch == 0 && byte == 0x39 ? holds : differs,
          "after shmdt the id %s, and 0x%x is read", has_id ? "stays" : "is gone", byte);
    _exit(0);  // attached: the end of a process detaches
  }
  close(pipe_ends[1]);
  if (read(pipe_ends[0], &shmid, sizeof shmid) != sizeof shmid) return 1;  // the child said why
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("look for it after the child's end, as ipcs -m does");
  int before = listed(shmid, child);
  std::printf("segments of the child with that id: %d\n", before);

  step("attach it, and read");
  int byte = -1;
  if (before > 0) {
    volatile unsigned char* memory = attach(shmid);
    byte = memory[0];
    detach(memory);
  }

  step("remove it, and look again");
  if (before > 0 && shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  int after = listed(shmid, child);
  claim("C10", before == 1 && byte == 0x39 && after == 0 ? holds : differs,
        "lines in the table: %d after its creator's end, with 0x%x read, and %d after IPC_RMID",
        before, byte, after);
  if (after == 0) shmid = -1;
}
