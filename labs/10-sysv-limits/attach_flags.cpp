// SPDX-License-Identifier: BSD-2-Clause
//
// Two flags of shmat: SHM_RND rounds the address down to a multiple of SHMLBA, SHM_RDONLY makes a
// mapping that cannot be stored to.
//
// Run:      build/labs/10-sysv-limits/attach_flags
// Trace:    build/bin/shmpath run 10
// Look for: the address that shmat is given and the one that it returns, and the last page fault.

#include <sys/ipc.h>
#include <sys/shm.h>

#include <csetjmp>
#include <csignal>

#include "lab.h"

static void* const failed = reinterpret_cast<void*>(-1);
static int shmid = -1;
static sigjmp_buf after_the_store;
static char* read_only;
static volatile bool not_allowed;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

static void on_segv(int /*number*/, siginfo_t* info, void* /*context*/) {
  not_allowed = info->si_addr == read_only && info->si_code == SEGV_ACCERR;
  siglongjmp(after_the_store, 1);
}

int main() {
  std::atexit(clean_up);
  struct sigaction action = {};
  action.sa_sigaction = on_segv;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSEGV, &action, nullptr) < 0) die("sigaction");
  shmid = shmget(IPC_PRIVATE, 100, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");

  step("find an address that is free");
  void* multiple = shmat(shmid, nullptr, 0);  // the kernel chooses a multiple of SHMLBA
  if (multiple == failed) die("shmat");
  if (shmdt(multiple) < 0) die("shmdt");
  char* uneven = static_cast<char*>(multiple) + 123;

  step("attach 123 bytes above a multiple of SHMLBA");
  void* refused = shmat(shmid, uneven, 0);
  bool was_refused = refused == failed && errno == EINVAL;
  std::printf("without SHM_RND: %s\n", was_refused ? "EINVAL" : "no EINVAL");

  step("attach there with SHM_RND");
  auto rounded = static_cast<char*>(shmat(shmid, uneven, SHM_RND));
  if (rounded == failed) die("shmat SHM_RND");
  auto below = uneven - rounded;
  std::printf("with SHM_RND: %td bytes below the address given\n", below);

  step("attach it again with SHM_RDONLY");
  read_only = static_cast<char*>(shmat(shmid, nullptr, SHM_RDONLY));
  if (read_only == failed) die("shmat SHM_RDONLY");

  step("store through the first, load through the second");
  rounded[0] = 'c';
  bool readable = static_cast<volatile char*>(read_only)[0] == 'c';

  step("store through the second");
  if (sigsetjmp(after_the_store, 1) == 0) *static_cast<volatile char*>(read_only) = 'x';
  bool faults = not_allowed;
  bool kept = static_cast<volatile char*>(rounded)[0] == 'c';
  claim("C38", was_refused && below == 123 && readable && faults && kept ? holds : differs,
        "SHM_RND %s to a multiple of SHMLBA; a store with SHM_RDONLY %s",
        below == 123 ? "rounds down" : "does not round down",
        faults ? "is SIGSEGV and changes nothing" : "is no SIGSEGV");

  step("detach both and remove it");
  if (shmdt(read_only) < 0 || shmdt(rounded) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
