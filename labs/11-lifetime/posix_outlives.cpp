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
#include <sys/wait.h>
#include <unistd.h>

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

int main() {
  std::atexit(clean_up);
  int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch < 0) die("inotify_init1");

  step("a child creates an object, stores 0x11, closes it, and opens it again");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    int fd = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) die("shm_open");
    if (inotify_add_watch(watch, ("/dev/shm" + name).c_str(), IN_DELETE_SELF) < 0) die("inotify");
    if (ftruncate(fd, 1) < 0) die("ftruncate");
    void* memory = mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) die("mmap");
    *static_cast<volatile char*>(memory) = 0x11;
    if (munmap(memory, 1) < 0) die("munmap");
    if (close(fd) < 0) die("close");
    int byte = first_byte();
    claim("C50", byte == 0x11 ? holds : differs,
          "with no descriptor and no mapping left, 0x%x is read by the name", byte);
    _exit(0);
  }
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;  // the child has said why

  step("open it after the child's end");
  int after_exit = first_byte();
  std::printf("read: 0x%x\n", after_exit);
  char event[256];
  bool gone_early = read(watch, event, sizeof event) > 0;  // the kernel says when the inode goes

  step("remove the name");
  if (shm_unlink(name.c_str()) < 0 && errno != ENOENT) die("shm_unlink");

  step("look again");
  bool gone = read(watch, event, sizeof event) > 0 && first_byte() == -1;
  bool outlived = after_exit == 0x11 && !gone_early;
  claim("C03", outlived && gone ? holds : differs,
        "%s after its creator's end, %s after shm_unlink", outlived ? "there" : "not there",
        gone ? "gone" : "not gone");
}
