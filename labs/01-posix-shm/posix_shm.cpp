// SPDX-License-Identifier: BSD-2-Clause
//
// A POSIX shared memory object is a file in /dev/shm that never has a disk behind it.
//
// Run:      build/labs/01-posix-shm/posix_shm
// Trace:    build/bin/shmpath run 01
// Look for: openat inside shm_open, unlink inside shm_unlink, and one page fault at the store.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "lab.h"

static const char* const path = "/dev/shm/shmtest";
static bool created = false;

static void clean_up() {
  if (created) shm_unlink("shmtest");
}

int main() {
  std::atexit(clean_up);
  std::printf("before: %s %s\n", path, access(path, F_OK) == 0 ? "is there" : "is not there");

  step("create the object");
  umask(027);
  int fd = shm_open("shmtest", O_RDWR | O_CREAT | O_EXCL, 0777);
  if (fd < 0) die("shm_open shmtest (if it exists, see whose it is, then rm /dev/shm/shmtest)");
  created = true;

  step("look at the new file");
  struct stat object, file, sized;
  if (fstat(fd, &object) < 0 || stat(path, &file) < 0) die("stat");
  bool same = file.st_dev == object.st_dev && file.st_ino == object.st_ino;
  claim("C01", same && (file.st_mode & 0777) == (0777 & ~027) ? holds : differs,
        "%s is %s, mode 0%o from 0777 and umask 027", path, same ? "the object" : "another file",
        file.st_mode & 0777);
  int file_flags = fcntl(fd, F_GETFL), fd_flags = fcntl(fd, F_GETFD);
  if (file_flags < 0 || fd_flags < 0) die("fcntl");
  bool no_follow = file_flags & O_NOFOLLOW, close_on_exec = fd_flags & FD_CLOEXEC;
  claim("C04", same && no_follow && close_on_exec ? holds : differs,
        "the descriptor has O_NOFOLLOW %d, O_CLOEXEC %d", no_follow, close_on_exec);

  step("give it a size");
  if (ftruncate(fd, 0x1000) < 0) die("ftruncate");

  step("ask for its size");
  if (fstat(fd, &sized) < 0) die("fstat");

  step("map it");
  auto buf = static_cast<char*>(mmap(nullptr, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  if (buf == MAP_FAILED) die("mmap");

  step("store 0x11");
  *buf = 0x11;

  step("load it back");
  std::printf("buf 0x%x\n", *buf);
  long zeros = std::count(buf, buf + 0x1000, 0);
  claim("C02", object.st_size == 0 && sized.st_size == 0x1000 && zeros == 0xfff ? holds : differs,
        "length %ld, then %ld with %ld zeros beside 0x11", object.st_size, sized.st_size, zeros);

  step("unmap it");
  if (munmap(buf, 0x1000) < 0) die("munmap");

  step("remove the name");
  if (shm_unlink("shmtest") < 0) die("shm_unlink");
  created = false;

  step("look at what is left");
  bool gone = access(path, F_OK) < 0 && errno == ENOENT;
  claim("C05", gone ? holds : differs, "after: %s is %s", path, gone ? "not there" : "there");

  step("close the descriptor");
  if (close(fd) < 0) die("close");
}
