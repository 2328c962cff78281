// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: launch REPORT COMMAND...
//
// Runs the command and writes to REPORT what it took: CLOCK_MONOTONIC just before it became the
// command, the time until it had ended, processor time and peak memory (of the largest process) of
// it and all its children, and its status. It is small, because a process that is executed has for
// its peak at least the memory of the one that it was before.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(125);
}

long long now_ns() {
  struct timespec now {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fputs("usage: launch REPORT COMMAND...\n", stderr), 2;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("prctl");
  const long long start_ns = now_ns();
  pid_t pid = 0;
  errno = posix_spawnp(&pid, argv[2], nullptr, nullptr, argv + 2, environ);
  if (errno != 0) die(argv[2]);
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) die("waitpid");
  const long long whole_ns = now_ns() - start_ns;
  while (wait(nullptr) > 0) continue;  // what the command did not wait for is ours now
  struct rusage used {};
  if (getrusage(RUSAGE_CHILDREN, &used) != 0) die("getrusage");
  std::FILE* out = std::fopen(argv[1], "w");
  if (!out) die(argv[1]);
  const long long processor_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL +
                                 used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  std::fprintf(out,
               R"({"start_ns":%lld,"whole_ns":%lld,"processor_us":%lld,"peak_kib":%ld,"status":%d})"
               "\n",
               start_ns, whole_ns, processor_us, used.ru_maxrss,
               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return std::fclose(out) == 0 ? 0 : 125;
}
