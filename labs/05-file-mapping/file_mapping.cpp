// SPDX-License-Identifier: BSD-2-Clause
//
// A file on a disk, mapped shared by a parent and its child: the pages are those of the page cache.
//
// Run:      build/labs/05-file-mapping/file_mapping
// Trace:    build/bin/shmpath run 05
// Look for: filemap_fault in step 3, and below it the reading of the page into the page cache.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static char name[] = "shmpath-lab-05-XXXXXX";
static bool created = false;

static void clean_up() {
  if (created) unlink(name);
}

int main() {
  std::atexit(clean_up);

  step("write a file of one page to the disk");
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  created = true;
  if (ftruncate(fd, static_cast<off_t>(page)) < 0 || pwrite(fd, "abc", 3, 0) != 3) die("pwrite");
  if (fsync(fd) < 0) die("fsync");
  if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) die("posix_fadvise");
  struct statfs disk;
  if (fstatfs(fd, &disk) < 0) die("fstatfs");

  step("map it shared, and close the descriptor");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  if (close(fd) < 0) die("close");
  volatile char* area = static_cast<char*>(mapping);
  unsigned char cached_before, cached_after;
  if (mincore(mapping, page, &cached_before) < 0) die("mincore");

  step("load its first byte");
  char first = area[0];
  if (mincore(mapping, page, &cached_after) < 0) die("mincore");
  bool was_read = (cached_before & 1) == 0 && (cached_after & 1) == 1 && first == 'a';
  if (disk.f_type != 0xef53)  // the magic number that ext2, ext3 and ext4 share
    claim("C44", not_checked, "the current folder is not on ext4 (statfs type 0x%lx)",
          static_cast<unsigned long>(disk.f_type));
  else
    claim("C44", was_read ? holds : differs, "on ext4, the page was in the page cache %s",
          was_read ? "after the fault and not before" : "before the fault, or not after it");

  step("store to it in a child");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    created = false;  // the name is the parent's to remove
    area[1] = 'X';
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");

  step("load it in the parent, and read it from the file");
  char byte = 0;
  fd = open(name, O_RDONLY);
  if (fd < 0 || pread(fd, &byte, 1, 1) != 1) die("pread");
  std::printf("the child stored X; the parent loads %c and reads %c\n", area[1], byte);
  claim("C23", area[1] == 'X' && byte == 'X' ? holds : differs,
        "with its descriptor closed the mapping still %s the file",
        byte == 'X' ? "reaches" : "misses");

  step("unmap it, and remove the file");
  if (munmap(mapping, page) < 0) die("munmap");
}
