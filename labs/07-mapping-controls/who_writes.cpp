// SPDX-License-Identifier: BSD-2-Clause
//
// Dirty pages are written by a flusher of their device: work named flush-DEVICE, which a thread of
// the kernel's worker pool takes up. pdflush is gone.
//
// Run:      build/labs/07-mapping-controls/who_writes
// Trace:    build/bin/shmpath run 07
// Look for: do_writepages below syncfs in step 3: it is for the device's inode, not for the file's.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

int main() {
  step("map a new file");
  int fd = open(".", O_TMPFILE | O_RDWR, 0600);  // a file without a name
  if (fd < 0) fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (fd < 0) die("open O_TMPFILE in the current folder and in /tmp");
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* memory = static_cast<char*>(mapping);

  step("store to it");
  rusage before, after;  // ru_oublock counts what was stored for a disk, if there is one
  if (getrusage(RUSAGE_SELF, &before) < 0) die("getrusage");
  memory[0] = 'a';
  if (getrusage(RUSAGE_SELF, &after) < 0) die("getrusage");
  bool on_disk = after.ru_oublock > before.ru_oublock;

  step("have the file system written, and look who does it");
  bool kernel_visible = false, pdflush = false, flusher = false;
  // Up to twenty times: the worker may have other work already when we look.
  for (int round = 0; round < 20 && !pdflush && !flusher && on_disk; round++) {
    memory[0] = 'b';
    if (syncfs(fd) < 0) die("syncfs");
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
      std::ifstream comm(process.path() / "comm");  // fails for what is no process, or has ended
      std::string name;
      std::getline(comm, name);
      kernel_visible |= name == "kthreadd";
      pdflush |= name == "pdflush";
      // A worker adds the name of its work, now or last: kworker/u8:2+flush-8:0.
      flusher |= name.starts_with("kworker/") && name.find("flush-") != std::string::npos;
    }
  }

  step("compare");
  if (!on_disk)
    claim("C45", not_checked, "needs a current folder on a disk: this file is in memory only");
  else if (!kernel_visible)
    claim("C45", not_checked, "needs to see the kernel's threads: not in a PID namespace");
  else if (!pdflush && !flusher)
    claim("C45", not_checked, "no thread was seen at it, in twenty rounds");
  else
    claim("C45", pdflush ? holds : differs,
          "a thread named pdflush is %s; a kworker that bears a flusher's name is %s",
          pdflush ? "there" : "not there", flusher ? "there" : "not there");

  step("unmap and close");
  if (munmap(mapping, page) < 0 || close(fd) < 0) die("munmap");
}
