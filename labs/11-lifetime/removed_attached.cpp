// SPDX-License-Identifier: BSD-2-Clause
//
// IPC_RMID on an attached segment takes its key and marks it. It lives until the last detach, and
// on Linux whoever knows the id can still attach it until then.
//
// Run:      build/labs/11-lifetime/removed_attached
// Trace:    build/bin/shmpath run 11
// Look for: shmctl_down without shm_destroy in step 2, and shm_destroy under shmdt in step 6.

#include <sys/shm.h>

#include <string>

#include "lab.h"

static const key_t key = 0x736d0b11;
static void* const nowhere = reinterpret_cast<void*>(-1);
static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// What shmctl says of the segment. It has SHM_DEST, which ipcs -m calls dest, from IPC_RMID on.
static std::string state() {
  struct shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) return "gone";
  return segment.shm_perm.mode & SHM_DEST ? "marked for removal" : "there";
}

int main() {
  std::atexit(clean_up);

  step("create a segment, attach it, and store 0x36");
  shmid = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
  if (shmid < 0)
    die("shmget 0x736d0b11 (if the key is taken, see whose it is with ipcs -m, then ipcrm -M it)");
  void* first = shmat(shmid, nullptr, 0);
  if (first == nowhere) die("shmat");
  *static_cast<volatile char*>(first) = 0x36;
  std::printf("the segment is %s\n", state().c_str());

  step("remove it while it is attached");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  std::string removed = state();
  std::printf("the segment is %s\n", removed.c_str());

  step("look for it by its key");
  bool found = shmget(key, 0, 0) >= 0;
  std::printf("shmget: %s\n", found ? "success" : strerrorname_np(errno));

  step("attach it again by its id");
  void* second = shmat(shmid, nullptr, 0);
  bool attached = second != nowhere;
  std::printf("shmat: %s\n", attached ? "success" : strerrorname_np(errno));

  step("detach the first, and read");
  if (attached && shmdt(first) < 0) die("shmdt");
  void* last = attached ? second : first;
  std::string between = state();
  int byte = *static_cast<volatile unsigned char*>(last);
  std::printf("read: 0x%x\n", byte);

  step("detach the last, and look");
  if (shmdt(last) < 0) die("shmdt");
  std::string after = state();
  std::printf("the segment is %s\n", after.c_str());
  if (after == "gone") shmid = -1;
  if (removed != "marked for removal" || between != removed || byte != 0x36 || after != "gone") {
    // then what was attached was not what the claim speaks of
    claim("C36", not_checked, "the segment did not live from IPC_RMID to the last detach");
    return 1;
  }
  claim("C36", attached ? differs : holds,
        "it lived until the last detach; until then shmget by key %s, shmat by id %s",
        found ? "found it" : "found nothing", attached ? "attached it" : "was refused");
}
