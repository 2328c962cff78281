// SPDX-License-Identifier: BSD-2-Clause
//
// IPC_RMID on an attached segment takes its key and marks it. It lives until the last detach, and
// on Linux whoever knows the id can still attach it until then.
//
// Run:      build/labs/11-lifetime/removed_attached
// Trace:    build/bin/shmpath run 11
// Look for: shmctl_down without shm_destroy in step 2, and shm_destroy under shmdt in step 6.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

static const key_t key = 0x736d0b11;
static void* const nowhere = reinterpret_cast<void*>(-1);
static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// Whether ipcs -m lists the id, and whether it is marked there ("dest") and has kept its key.
struct Row {
  bool listed, marked, has_key;
};
static Row row_of(int wanted) {
  std::ifstream table("/proc/sysvipc/shm");
  long row_key, id;
  unsigned mode;
  for (std::string line; std::getline(table, line);)
    if (std::sscanf(line.c_str(), "%ld %ld %o", &row_key, &id, &mode) == 3 && id == wanted)
      return {true, (mode & SHM_DEST) != 0, row_key == key};
  return {false, false, false};
}

static void print(const Row& row) {
  std::printf("%s, %s, %s\n", row.listed ? "listed" : "not listed",
              row.marked ? "marked for removal" : "not marked",
              row.has_key ? "found by its key" : "without a key");
}

int main() {
  std::atexit(clean_up);

  step("create a segment, attach it, and store 0x36");
  shmid = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
  if (shmid < 0)
    die("shmget 0x736d0b11 (if the key is taken, see whose it is with ipcs -m, then ipcrm -M it)");
  void* first = shmat(shmid, nullptr, 0);
  if (first == nowhere) die("shmat");
  static_cast<volatile char*>(first)[0] = 0x36;
  print(row_of(shmid));

  step("remove it while it is attached");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  Row removed = row_of(shmid);
  print(removed);

  step("look for it by its key");
  bool found = shmget(key, 0, 0) >= 0;
  std::printf("shmget: %s\n", found ? "success" : strerrorname_np(errno));

  step("attach it again by its id");
  void* second = shmat(shmid, nullptr, 0);
  bool attached = second != nowhere;
  std::printf("shmat: %s\n", attached ? "success" : strerrorname_np(errno));
  volatile unsigned char* memory = static_cast<unsigned char*>(attached ? second : first);

  step("detach the first, and read");
  if (attached && shmdt(first) < 0) die("shmdt");
  bool listed_between = row_of(shmid).listed;
  int byte = memory[0];
  std::printf("read: 0x%x\n", byte);

  step("detach the last, and look");
  if (shmdt(const_cast<unsigned char*>(memory)) < 0) die("shmdt");
  Row last = row_of(shmid);
  print(last);
  bool lived = removed.listed && removed.marked && listed_between && byte == 0x36 && !last.listed;
  if (!last.listed) shmid = -1;
  if (!lived) {  // then what was attached was not what the claim speaks of
    claim("C36", not_checked, "the segment did not live from IPC_RMID to the last detach");
    return 1;
  }
  claim("C36", attached ? differs : holds,
        "it lived until the last detach; until then shmget by key %s, shmat by id %s",
        found ? "found it" : "found nothing", attached ? "attached it" : "was refused");
}
