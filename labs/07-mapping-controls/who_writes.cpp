// SPDX-License-Identifier: BSD-2-Clause
//
// Dirty pages are written by a flusher of their device: work named flush-DEVICE, which a thread of
// the kernel's worker pool takes up. pdflush is gone.
//
// Run:      build/labs/07-mapping-controls/who_writes
// Trace:    build/bin/shmpath run 07
// Look for: do_writepages below syncfs in step 2: it is for the device's inode, not for the file's.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lab.h"

namespace fs = std::filesystem;

static char data[64 * 1024];

// The name of a process, or "" for what is none, or has ended.
static std::string name_of(const fs::path& process) {
  std::ifstream comm(process / "comm");
  std::string name;
  std::getline(comm, name);
  return name;
}

int main() {
  step("write to a new file");
  int fd = open(".", O_TMPFILE | O_RDWR, 0600);  // a file without a name
  if (fd < 0) fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (fd < 0) die("open O_TMPFILE in the current folder and in /tmp");
  rusage before, after;  // ru_oublock counts what was written for a disk, if there is one
  if (getrusage(RUSAGE_SELF, &before) < 0) die("getrusage");
  if (pwrite(fd, "a", 1, 0) != 1) die("pwrite");
  if (getrusage(RUSAGE_SELF, &after) < 0) die("getrusage");
  bool on_disk = after.ru_oublock > before.ru_oublock;

  step("have the file system written, and look who does it");
  bool pdflush = false, flusher = false;
  // Up to a hundred times: the worker may have other work already when we look.
  for (int round = 0; round < 100 && !pdflush && !flusher && on_disk; round++) {
    std::vector<fs::path> workers;
    for (const auto& process : fs::directory_iterator("/proc")) {
      std::string name = name_of(process.path());
      pdflush |= name == "pdflush";
      if (name.starts_with("kworker/")) workers.push_back(process.path());
    }
    for (off_t at = 0; at < 4 << 20; at += sizeof data)  // enough to be seen at it
      if (pwrite(fd, data, sizeof data, at) != sizeof data) die("pwrite");
    pid_t writer = fork();
    if (writer < 0) die("fork");
    if (writer == 0) _exit(syncfs(fd) < 0 ? 1 : 0);
    int status = 0;
    for (pid_t ended = 0; ended == 0;) {  // looks while it writes, and once more after that
      ended = waitpid(writer, &status, WNOHANG);
      // A worker adds the name of its work, now or last: kworker/u8:2+flush-8:0.
      for (const auto& worker : workers)
        flusher |= name_of(worker).find("flush-") != std::string::npos;
    }
    if (status != 0) die("syncfs");
  }

  step("compare");
  if (!on_disk)
    claim("C45", not_checked, "needs a current folder on a disk: this file is in memory only");
  else if (!pdflush && !flusher)
    claim("C45", not_checked, "no thread was seen at it (a PID namespace hides the kernel's)");
  else
    claim("C45", pdflush ? holds : differs,
          "a thread named pdflush is %s; a kworker that bears a flusher's name is %s",
          pdflush ? "there" : "not there", flusher ? "there" : "not there");
}
