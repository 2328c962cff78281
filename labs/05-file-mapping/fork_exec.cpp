// SPDX-License-Identifier: BSD-2-Clause
//
// fork copies the address space, mappings included; exec makes an empty one.
//
// Run:      build/labs/05-file-mapping/fork_exec
// Trace:    build/bin/shmpath run 05
// Look for: copy_page_range below clone in step 2, exit_mmap below execve in step 3.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static char name[] = "shmpath-lab-05-XXXXXX";
static pid_t owner = 0;

static void clean_up() {
  if (owner == getpid()) unlink(name);
}

// The exit status of a child.
static int end_of(pid_t child) {
  int status = 0;
  if (child < 0) die("fork");
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main() {
  std::atexit(clean_up);

  step("map a file, and touch it");
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  owner = getpid();
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  static_cast<volatile char*>(mapping)[0] = 'a';

  step("fork, and load it in the child");
  pid_t child = fork();
  if (child == 0) return static_cast<volatile char*>(mapping)[0] == 'a' ? 0 : 1;
  int after_fork = end_of(child);

  step("fork, and let the child become grep, which looks for it among its own mappings");
  child = fork();
  if (child == 0) {
    execlp("grep", "grep", "-q", name, "/proc/self/maps", nullptr);
    die("execlp grep");
  }
  int after_exec = end_of(child);  // 0: found, 1: not found
  claim("C22", after_fork == 0 && after_exec == 1 ? holds : differs,
        "after fork the mapping is %s, after exec %s", after_fork == 0 ? "there" : "not there",
        after_exec == 1 ? "gone" : "not gone");

  step("unmap it, and remove the file");
  if (munmap(mapping, page) < 0) die("munmap");
}
