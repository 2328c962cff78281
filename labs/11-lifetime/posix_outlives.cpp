// SPDX-License-Identifier: BSD-2-Clause
//
// A POSIX object belongs to its name, not to a process: neither close nor the end of its creator
// frees it, shm_unlink does.
//
// Run:      build/labs/11-lifetime/posix_outlives
// Trace:    build/bin/shmpath run 11
// Look for: shmem_evict_inode below unlink, in the process that did not create the object.

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "lab.h"

// With the process id in it, it is nobody else's.
static const std::string name = "/shmpath-lab-11-" + std::to_string(getpid());

static void clean_up() { shm_unlink(name.c_str()); }

// The byte at the start of the object, opened by its name; -1 if the name is not there.
static int first_byte() {
  int fd = shm_open(name.c_str(), O_RDONLY, 0);
  if (fd < 0 && errno == ENOENT) return -1;
  if (fd < 0) die("shm_open");
  unsigned char byte;
  if (pread(fd, &byte, 1, 0) != 1) die("pread");
  if (close(fd) < 0) die("close");
  return byte;
}

// Whether the kernel has said IN_DELETE_SELF: the inode that is watched is no more.
static bool gone(int watch) {
  alignas(inotify_event) char events[256];
  ssize_t got = read(watch, events, sizeof events);
  if (got < 0 && errno != EAGAIN) die("read");
  return got > 0 && reinterpret_cast<inotify_event*>(events)->mask & IN_DELETE_SELF;
}

static void create_and_close() {
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  int fd = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open");
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  *static_cast<volatile char*>(memory) = 0x11;
  if (munmap(memory, page) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}

int main() {
  std::atexit(clean_up);

  step("a child creates an object, stores 0x11, closes it, and opens it again");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) die("prctl");
    create_and_close();
    struct stat file;
    if (stat(("/dev/shm" + name).c_str(), &file) < 0) file.st_blocks = 0;
    int byte = first_byte();
    claim("C50", byte == 0x11 && file.st_blocks > 0 ? holds : differs,
          "with no descriptor and no mapping left, %s, and 0x%x is read",
          file.st_blocks > 0 ? "memory is still taken" : "no memory is taken", byte);
    _exit(0);
  }
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;  // the child has said why

  step("open it after the child's end");
  int after_exit = first_byte();
  std::printf("read: 0x%x\n", after_exit);
  int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch < 0) die("inotify_init1");
  bool watched = inotify_add_watch(watch, ("/dev/shm" + name).c_str(), IN_DELETE_SELF) >= 0;
  bool gone_early = gone(watch);

  step("remove the name");
  if (shm_unlink(name.c_str()) < 0 && errno != ENOENT) die("shm_unlink");

  step("look again");
  bool gone_then = gone(watch);
  int after_unlink = first_byte();
  bool outlived = after_exit == 0x11 && watched && !gone_early;
  claim("C03", outlived && gone_then && after_unlink == -1 ? holds : differs,
        "%s after its creator's end, %s after shm_unlink", outlived ? "there" : "not there",
        gone_then && after_unlink == -1 ? "gone" : "not gone");
}
