// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment is a file too, one that no folder lists: its inode number is the shmid.
//
// Run:      build/labs/04-same-frame/shmid_inode
// Trace:    build/bin/shmpath run 04
// Look for: the result of shmget, and the inode of shmem_get_folio_gfp below shm_fault.

#include <sys/ipc.h>
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

// The number of the inode behind an attached address, from /proc/self/maps, where the file's name
// is /SYSV and the key; -1 when that address is none of a segment.
static long inode_of_segment(const void* address) {
  std::ifstream maps("/proc/self/maps");  // start-end permissions offset major:minor inode path
  unsigned long start;
  long inode;
  for (std::string line; std::getline(maps, line);)
    if (line.find("/SYSV00000000") != std::string::npos &&
        std::sscanf(line.c_str(), "%lx-%*x %*s %*x %*x:%*x %ld", &start, &inode) == 2 &&
        start == reinterpret_cast<unsigned long>(address))
      return inode;
  return -1;
}

int main() {
  std::atexit(clean_up);

  step("make a segment and attach it twice");
  shmid = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  void* first = shmat(shmid, nullptr, 0);
  void* second = shmat(shmid, nullptr, 0);
  if (first == reinterpret_cast<void*>(-1) || second == reinterpret_cast<void*>(-1)) die("shmat");

  step("store to it through one address");
  static_cast<volatile char*>(first)[0] = 0x11;
  long here = inode_of_segment(first);

  step("in a second process: load it through the other address");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    int id = shmid;
    shmid = -1;  // the segment is the parent's to remove
    char byte = static_cast<volatile char*>(second)[0];
    bool one = here == id && inode_of_segment(second) == id;
    claim("C42", one && byte == 0x11 ? holds : differs, "the segment's inode number is %s",
          one ? "the shmid, in both processes" : "not the shmid");
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("remove the segment");
  if (shmdt(first) < 0 || shmdt(second) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
