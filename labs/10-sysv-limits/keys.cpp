// SPDX-License-Identifier: BSD-2-Clause
//
// The key is chosen by the programs, the id is handed out by the kernel: to make a segment with the
// same key again gives another id.
//
// Run:      build/labs/10-sysv-limits/keys
// Trace:    build/bin/shmpath run 10
// Look for: newseg below some of the shmget and not below the others.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "lab.h"

static const key_t key = 0x10a1;
static int made[4] = {-1, -1, -1, -1};

static void clean_up() {
  for (int id : made)
    if (id >= 0) shmctl(id, IPC_RMID, nullptr);
}

static void remove_segment(int& id) {
  if (shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  id = -1;
}

int main() {
  std::atexit(clean_up);

  step("create a segment with a key");
  made[0] = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
  if (made[0] < 0) die("shmget 0x10a1 (if the key is taken: ipcs -m, then ipcrm -M 0x10a1)");
  const int first = made[0];

  step("ask for the key again");
  int found = shmget(key, 100, IPC_CREAT | 0600);
  if (found < 0) die("shmget");

  step("ask for it to be new");
  int exclusive = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
  bool refused = exclusive < 0 && errno == EEXIST;

  step("remove it, and create it again");
  remove_segment(made[0]);
  made[1] = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
  if (made[1] < 0) die("shmget");
  claim("C34", found == first && refused ? holds : differs,
        "IPC_CREAT alone gave %s; with IPC_EXCL %s", found == first ? "the old one" : "a new one",
        refused ? "EEXIST while there was one, and a new one then" : "no EEXIST");
  claim("C17", made[1] != first ? holds : differs, "the same key, %s id",
        made[1] != first ? "another" : "the same");

  step("use the id of the segment that is gone");
  shmid_ds segment;
  int stale = shmctl(first, IPC_STAT, &segment);
  std::printf("%s\n", stale < 0 ? strerrorname_np(errno) : "it names the new segment");

  step("create two with IPC_PRIVATE");
  made[2] = shmget(IPC_PRIVATE, 100, 0600);  // IPC_CREAT goes without saying
  made[3] = shmget(IPC_PRIVATE, 100, 0600);
  if (made[2] < 0 || made[3] < 0) die("shmget IPC_PRIVATE");
  if (shmctl(made[3], IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  claim("C31", made[2] != made[3] ? holds : differs, "asked twice: %s; the key of each is %d",
        made[2] != made[3] ? "two segments" : "one segment", segment.shm_perm.__key);

  step("remove them all");
  for (int& id : made)
    if (id >= 0) remove_segment(id);
}
