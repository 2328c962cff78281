// SPDX-License-Identifier: BSD-2-Clause
//
// Dirty pages are written by a flusher of their device: work named flush-DEVICE, which a thread of
// the kernel's worker pool takes up. pdflush is gone.
//
// Run:      build/labs/07-mapping-controls/who_writes
// Trace:    build/bin/shmpath run 07
// Look for: do_writepages below syncfs in step 3: it is for the device's inode, not for the file's.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "lab.h"

namespace fs = std::filesystem;
static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static fs::path recorder;  // a folder of tracefs, while this program runs

static void clean_up() {
  if (!recorder.empty()) rmdir(recorder.c_str());
}

// A file below the current folder, or in /tmp. It loses its name at once, so nothing is left of it.
static int make_file() {
  char here[] = "shmpath-lab-07-XXXXXX", in_tmp[] = "/tmp/shmpath-lab-07-XXXXXX";
  char* name = here;
  int fd = mkstemp(name);
  if (fd < 0) fd = mkstemp(name = in_tmp);
  if (fd < 0) die("mkstemp in the current folder and in /tmp");
  if (unlink(name) < 0) die("unlink");
  return fd;
}

// What this process stored that a disk is to get, in bytes; -1 when the kernel does not count. A
// file without a disk adds nothing.
static long bytes_for_disk() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (long value; io >> name >> value;)
    if (name == "write_bytes:") return value;
  return -1;
}

// Has the kernel record who writes the file. Needs root, and tracefs at its usual place.
static void record(int fd) {
  struct stat file {};
  if (fstat(fd, &file) < 0) die("fstat");
  recorder = "/sys/kernel/tracing/instances/shmpath-lab-07-" + std::to_string(getpid());
  if (mkdir(recorder.c_str(), 0700) < 0) return recorder.clear();
  const fs::path event = recorder / "events/writeback/writeback_single_inode";
  std::ofstream(event / "filter") << "ino == " << file.st_ino;
  std::ofstream(event / "enable") << 1;
}

static std::string name_of(const fs::path& process) {
  std::string name;
  std::ifstream comm(process / "comm");  // fails for what is no process, or has ended
  std::getline(comm, name);
  return name;
}

// The names of those who wrote the file, if that is recorded: kworker/u8:2-33 [000] ...
static std::set<std::string> writers() {
  std::set<std::string> names;
  std::ifstream trace(recorder / "trace");
  for (std::string line; std::getline(trace, line);)
    if (size_t end = line.find(" ["); line[0] != '#' && end != std::string::npos) {
      std::string task = line.substr(0, end);
      names.insert(name_of("/proc/" + std::to_string(std::atoi(&task[task.rfind('-') + 1]))));
    }
  return names;
}

int main() {
  std::atexit(clean_up);
  step("map a new file");
  int fd = make_file();
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* memory = static_cast<char*>(mapping);

  step("store to it");
  long before = bytes_for_disk();
  memory[0] = 'a';
  long for_disk = bytes_for_disk() - before;

  step("have the file system written, and look who does it");
  if (for_disk > 0) record(fd);
  bool kernel_visible = false, pdflush = false, flusher = false;
  // Up to twenty times: without a record, the worker may have other work already at the look.
  for (int round = 0; round < 20 && !pdflush && !flusher && for_disk > 0; round++) {
    memory[0] = 'b';
    if (syncfs(fd) < 0) die("syncfs");
    if (!recorder.empty())
      for (const std::string& name : writers()) flusher |= name.starts_with("kworker/");
    for (const auto& process : fs::directory_iterator("/proc")) {
      // A worker adds the name of its work, now or last: kworker/u8:2-flush-8:0.
      const std::string name = name_of(process.path());
      kernel_visible |= name == "kthreadd";
      pdflush |= name == "pdflush";
      if (recorder.empty())
        flusher |= name.starts_with("kworker/") && name.find("flush-") != std::string::npos;
    }
  }

  step("compare");
  if (before < 0)
    claim("C45", not_checked, "needs /proc/self/io (CONFIG_TASK_IO_ACCOUNTING)");
  else if (for_disk == 0)
    claim("C45", not_checked, "needs a current folder on a disk: this file is in memory only");
  else if (!kernel_visible)
    claim("C45", not_checked,
          "needs to see the kernel's threads: not in a PID namespace of its own");
  else if (!pdflush && !flusher)
    claim("C45", not_checked, "no thread was seen at it, in twenty rounds");
  else
    claim("C45", pdflush ? holds : differs, "a thread named pdflush is %s; a kworker was %s at it",
          pdflush ? "there" : "not there", flusher ? "seen" : "not seen");

  step("unmap and close");
  if (munmap(mapping, page) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}
