// SPDX-License-Identifier: BSD-2-Clause
//
// A memfd is shared memory without a name: nothing has to be unlinked, and nothing is left behind.
//
// Run:      build/labs/08-memfd-passing/nameless
// Trace:    build/bin/shmpath run 08
// Look for: shmem_evict_inode below munmap in step 5, and no unlink anywhere.

#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

// How many of the mounted file systems are the one on this device.
static int mounted(dev_t device) {
  std::string wanted = std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::ifstream mounts("/proc/self/mountinfo");  // id, parent, device, root, mount point, ...
  int count = 0;
  std::string id, parent, found;
  for (std::string line; std::getline(mounts, line);)
    count += std::istringstream(line) >> id >> parent >> found && found == wanted;
  return count;
}

// Whether the kernel has said IN_DELETE_SELF: the inode that is watched is no more.
static bool gone(int watch) {
  alignas(inotify_event) char events[256];
  ssize_t got = read(watch, events, sizeof events);
  if (got < 0 && errno != EAGAIN) die("read");
  return got > 0 && reinterpret_cast<inotify_event*>(events)->mask & IN_DELETE_SELF;
}

int main() {
  step("create a memfd, and store to it");
  int fd = memfd_create("shmpath-lab-08", MFD_CLOEXEC);
  if (fd < 0) die("memfd_create");
  if (write(fd, "hello", 5) != 5) die("write");

  step("look for a name");
  std::string path = "/proc/self/fd/" + std::to_string(fd);
  char target[64] = "";
  if (readlink(path.c_str(), target, sizeof target - 1) < 0) die("readlink");
  struct stat file, second;
  if (fstat(fd, &file) < 0) die("fstat");
  int mounts = mounted(file.st_dev);
  std::printf("the descriptor is %s\n", target);
  std::printf("links to the inode: %lu; mounts of its file system: %d\n",
              static_cast<unsigned long>(file.st_nlink), mounts);
  int other = memfd_create("shmpath-lab-08", MFD_CLOEXEC);  // what is passed is a label only
  if (other < 0 || fstat(other, &second) < 0 || close(other) < 0) die("memfd_create");
  std::printf("a second memfd of that label is %s\n",
              second.st_ino == file.st_ino ? "the same object" : "another object");
  int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch < 0 || inotify_add_watch(watch, path.c_str(), IN_DELETE_SELF) < 0) die("inotify");

  step("map it");
  void* memory = mmap(nullptr, 5, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");

  step("close the descriptor");
  if (close(fd) < 0) die("close");
  bool gone_early = gone(watch);
  std::printf("the object is %s\n", gone_early ? "gone" : "there");

  step("unmap it");
  if (munmap(memory, 5) < 0) die("munmap");
  bool gone_then = gone(watch);
  bool unnamed = file.st_nlink == 0 && mounts == 0;
  claim("C48", unnamed && !gone_early && gone_then ? holds : differs,
        "%s; %s with the descriptor, %s with the mapping, the last reference",
        unnamed ? "no link, and no file system to hold one" : "it has a name",
        gone_early ? "gone" : "not gone", gone_then ? "gone" : "not gone");
}
