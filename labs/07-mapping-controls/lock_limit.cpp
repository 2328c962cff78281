// SPDX-License-Identifier: BSD-2-Clause
//
// Any process may lock memory, up to RLIMIT_MEMLOCK. Root, with CAP_IPC_LOCK, has no limit.
//
// Run:      build/labs/07-mapping-controls/lock_limit
// Trace:    build/bin/shmpath run 07
// Look for: two mlock of the child in step 2; the second fails before it reaches a page.

#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t limit = 8;  // pages

// What the child found, sent through a pipe.
struct Report {
  int setup;             // errno of becoming an ordinary user with that limit
  int up_to_it, beyond;  // errno of the two mlock, 0 if it succeeded
  long locked;           // pages, between the two
};

static long locked_pages() {
  std::ifstream status("/proc/self/status");
  long kilobytes = 0;
  for (std::string line; std::getline(status, line);)
    std::sscanf(line.c_str(), "VmLck: %ld", &kilobytes);
  return kilobytes * 1024 / static_cast<long>(page);
}

static Report be_ordinary(char* memory) {
  Report report{};
  rlimit memlock{limit * page, limit * page};
  if (setrlimit(RLIMIT_MEMLOCK, &memlock) < 0) report.setup = errno;
  // Becoming nobody takes root's capabilities away.
  if (geteuid() == 0 && (setgroups(0, nullptr) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
    report.setup = errno;
  if (report.setup != 0) return report;
  report.up_to_it = mlock(memory, limit * page) < 0 ? errno : 0;
  report.locked = locked_pages();
  report.beyond = mlock(memory, (limit + 1) * page) < 0 ? errno : 0;
  return report;
}

int main() {
  step("map nine pages");
  void* mapping =
      mmap(nullptr, (limit + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) die("mmap");

  step("lock eight and then nine, as an ordinary user with a limit of eight");
  int pipes[2];
  if (pipe(pipes) < 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    Report report = be_ordinary(static_cast<char*>(mapping));
    _exit(write(pipes[1], &report, sizeof report) == sizeof report ? 0 : 1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  Report report{};
  if (status != 0 || read(pipes[0], &report, sizeof report) != sizeof report) die("the child");

  step("compare");
  bool some = report.up_to_it == 0 && report.locked == static_cast<long>(limit);
  if (report.setup != 0)
    claim("C28", not_checked, "needs an ordinary user with a limit of 8 pages: %s",
          std::strerror(report.setup));
  else if (some && report.beyond == 0)
    claim("C28", not_checked, "needs a user without CAP_IPC_LOCK, which lifts the limit");
  else
    claim("C28", some ? differs : holds,
          "an ordinary user with a limit of 8 pages locked %ld (%s); 9 pages: %s", report.locked,
          report.up_to_it == 0 ? "Success" : std::strerror(report.up_to_it),
          std::strerror(report.beyond));

  step("unmap");
  if (munmap(mapping, (limit + 1) * page) < 0) die("munmap");
}
