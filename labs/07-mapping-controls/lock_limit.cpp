// SPDX-License-Identifier: BSD-2-Clause
//
// Any process may lock memory, up to RLIMIT_MEMLOCK. Root, with CAP_IPC_LOCK, has no limit.
//
// Run:      build/labs/07-mapping-controls/lock_limit
// Trace:    build/bin/shmpath run 07
// Look for: the mlock of step 4, which fails before it reaches a page.

#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t limit = 8;  // pages

static long locked_pages() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmLck:") continue;
  long kilobytes;
  if (!(status >> kilobytes)) die("/proc/self/status");
  return kilobytes * 1024 / static_cast<long>(page);
}

int main() {
  step("map nine pages");
  void* memory =
      mmap(nullptr, (limit + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");

  step("become an ordinary user with a limit of eight");
  rlimit memlock{limit * page, limit * page};
  int setup = setrlimit(RLIMIT_MEMLOCK, &memlock) < 0 ? errno : 0;
  // Becoming nobody takes root's capabilities away.
  if (geteuid() == 0 && (setgroups(0, nullptr) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
    setup = errno;

  step("lock eight");
  int up_to_it = mlock(memory, limit * page) < 0 ? errno : 0;
  long locked = locked_pages();

  step("lock nine");
  int beyond = mlock(memory, (limit + 1) * page) < 0 ? errno : 0;

  step("compare");
  bool some = up_to_it == 0 && locked == static_cast<long>(limit);
  if (setup != 0)
    claim("C28", not_checked, "needs an ordinary user with a limit of 8 pages: %s",
          std::strerror(setup));
  else if (some && beyond == 0)
    claim("C28", not_checked, "needs a user without CAP_IPC_LOCK, which lifts the limit");
  else
    claim("C28", some ? differs : holds,
          "an ordinary user with a limit of 8 pages locked %ld (%s); 9 pages: %s", locked,
          up_to_it == 0 ? "Success" : std::strerror(up_to_it), std::strerror(beyond));

  step("unmap");
  if (munmap(memory, (limit + 1) * page) < 0) die("munmap");
}
