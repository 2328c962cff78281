// SPDX-License-Identifier: BSD-2-Clause
//
// Ways in which the documents say that shmget fails, provoked. EACCES and EIDRM are in the program
// `refused`, ENOSPC in `limits`.
//
// Run:      build/labs/10-sysv-limits/errors
// Trace:    build/bin/shmpath run 10
// Look for: which of the failed shmget come as far as newseg.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/sysinfo.h>

#include <climits>
#include <string>

#include "lab.h"

static const key_t key = 0x10a2;
static const int not_provoked = 255;
static int shmid = -1;
static std::string right, wrong, missing;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// 0, or the errno with which shmget fails. What it makes all the same is removed.
static int failure(key_t wanted, size_t bytes, int flags) {
  int id = shmget(wanted, bytes, flags);
  if (id < 0) return errno;
  if (id != shmid && shmctl(id, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  return 0;
}

static void compare(int documented, const char* reason, int measured) {
  std::string name = strerrorname_np(documented);
  const char* got = measured == 0              ? "no failure"
                    : measured == not_provoked ? "not provoked"
                                               : strerrorname_np(measured);
  std::printf("%s: %s\n", reason, got);
  if (measured == not_provoked)
    missing += " " + name;
  else if (measured == documented)
    right += right.find(name) == std::string::npos ? " " + name : "";
  else
    wrong += " " + name + " (" + got + ")";
}

int main() {
  std::atexit(clean_up);
  shmid = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
  if (shmid < 0) die("shmget 0x10a2 (if the key is taken: ipcs -m, then ipcrm -M 0x10a2)");

  step("EINVAL");
  compare(EINVAL, "a new segment of 0 bytes", failure(IPC_PRIVATE, 0, 0600));
  compare(EINVAL, "one above SHMMAX", failure(IPC_PRIVATE, ULONG_MAX, 0600));
  compare(EINVAL, "more than the segment has", failure(key, 101, 0600));

  step("EEXIST");
  compare(EEXIST, "IPC_CREAT|IPC_EXCL and it is there", failure(key, 100, IPC_CREAT | IPC_EXCL));

  step("ENOENT");
  compare(ENOENT, "no IPC_CREAT and it is not there", failure(key + 1, 100, 0600));

  step("ENOMEM");
  struct sysinfo memory;
  if (sysinfo(&memory) < 0) die("sysinfo");
  size_t too_much = 2 * (memory.totalram + memory.totalswap) * memory.mem_unit;
  int refused = failure(IPC_PRIVATE, too_much, 0600);
  // Not refused: vm.overcommit_memory is 1. EINVAL: SHMMAX is less than that.
  compare(ENOMEM, "twice the memory and swap there is", refused == ENOMEM ? refused : not_provoked);

  claim("C33",
        !wrong.empty()     ? differs
        : !missing.empty() ? not_checked
                           : holds,
        "as documented:%s; otherwise:%s; not provoked here:%s", right.c_str(),
        wrong.empty() ? " none" : wrong.c_str(), missing.empty() ? " none" : missing.c_str());
}
