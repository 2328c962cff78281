// SPDX-License-Identifier: BSD-2-Clause
//
// A path is looked up at open. A mapping belongs to the inode that was found, whatever the path
// comes to mean later.
//
// Run:      build/labs/05-file-mapping/same_path
// Trace:    build/bin/shmpath run 05
// Look for: the inode of each mmap: the same in steps 1 and 2, another in step 3.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static char folder[] = "shmpath-lab-05-XXXXXX";
static std::string path, other;
static bool created = false;

static void clean_up() {
  if (!created) return;
  unlink(other.c_str());
  unlink(path.c_str());
  rmdir(folder);
  created = false;
}

struct Opened {
  ino_t inode;
  volatile char* memory;
};
// Opens a path, one page long from now on, and maps it.
static Opened open_and_map(const std::string& file) {
  int fd = open(file.c_str(), O_RDWR | O_CREAT, 0600);
  if (fd < 0) die("open");
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  struct stat info;
  if (fstat(fd, &info) < 0) die("fstat");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  if (close(fd) < 0) die("close");
  return {info.st_ino, static_cast<char*>(memory)};
}

int main() {
  std::atexit(clean_up);

  step("open a path and map it");
  if (!mkdtemp(folder)) die("mkdtemp (run it in a folder that you can write to)");
  created = true;
  path = std::string(folder) + "/file";
  other = std::string(folder) + "/other";
  Opened first = open_and_map(path);

  step("open the same path again, and map it");
  Opened second = open_and_map(path);
  first.memory[0] = 'a';
  bool same = first.inode == second.inode && second.memory[0] == 'a';

  step("put another file in its place, open the path once more, and map it");
  open_and_map(other);
  if (rename(other.c_str(), path.c_str()) < 0) die("rename");
  Opened third = open_and_map(path);
  third.memory[0] = 'b';
  bool another = third.inode != first.inode && first.memory[0] == 'a';
  claim("C18", same && another ? holds : differs,
        "the same path: %s inode; after another file took its place: %s",
        same ? "the same" : "another", another ? "another, and the old mapping stays" : "the same");

  step("remove both");
  clean_up();
}
