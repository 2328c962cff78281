// SPDX-License-Identifier: BSD-2-Clause
//
// Two ways in which the documents say that shmget fails: EACCES is as documented, and EIDRM never
// comes, for a removed segment has no key any more.
//
// Run:      build/labs/10-sysv-limits/refused
// Trace:    build/bin/shmpath run 10
// Look for: the two shmget that fail, each inside ipcget.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const key_t key = 0x10a3;
static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// 0, or the errno with which shmget fails to find the segment of the key.
static int failure(int flags) { return shmget(key, 0, flags) < 0 ? errno : 0; }

static const char* name_of(int error) { return error == 0 ? "no failure" : strerrorname_np(error); }

int main() {
  std::atexit(clean_up);

  step("create a segment that nobody may write to, its owner neither");
  shmid = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0400);
  if (shmid < 0) die("shmget 0x10a3 (if the key is taken: ipcs -m, then ipcrm -M 0x10a3)");

  step("ask for it as an ordinary user, who wants to write");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {  // root may do all, so it becomes somebody else
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0) _exit(255);
    _exit(failure(0600));
  }
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 255) {
    claim("C33", not_checked, "nobody but root was there to be refused");
    return 0;
  }
  int denied = WEXITSTATUS(status);
  std::printf("to write, which it does not permit: %s\n", name_of(denied));

  step("remove it while it is attached");
  void* address = shmat(shmid, nullptr, SHM_RDONLY);
  if (address == reinterpret_cast<void*>(-1)) die("shmat");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;

  step("ask for it by its key");
  int removed = failure(0400);
  std::printf("the key of a removed segment that lives on: %s\n", name_of(removed));
  claim("C33", denied == EACCES && removed == EIDRM ? holds : differs,
        "EACCES without permission: %s; EIDRM for a removed segment: %s", name_of(denied),
        name_of(removed));

  step("detach it");
  if (shmdt(address) < 0) die("shmdt");
}
