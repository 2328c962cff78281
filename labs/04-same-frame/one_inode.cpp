// SPDX-License-Identifier: BSD-2-Clause
//
// From an address to the frames: the VMA names a file, the file an inode, and the inode's i_mapping
// holds the pages. Every process that maps the object comes to the same inode.
//
// Run:      build/labs/04-same-frame/one_inode
// Trace:    build/bin/shmpath run 04
// Look for: shmem_get_folio_gfp with the same inode in both processes; no allocation in step 3.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static bool created = false;

static void clean_up() {
  if (created) shm_unlink("/shmpath-one-inode");
}

// The inode behind the VMA that begins at an address: /proc/self/maps gives its number.
static unsigned long inode_of_vma(const void* address) {
  std::ifstream maps("/proc/self/maps");  // start-end permissions offset major:minor inode path
  unsigned long start, inode;
  for (std::string line; std::getline(maps, line);)
    if (std::sscanf(line.c_str(), "%lx-%*x %*s %*x %*x:%*x %lu", &start, &inode) == 2 &&
        start == reinterpret_cast<unsigned long>(address))
      return inode;
  return 0;
}

// The inode of the file of that VMA. Opening it through map_files needs CAP_SYS_ADMIN or, since
// 5.9, CAP_CHECKPOINT_RESTORE; without them the file is known by its descriptor only.
static unsigned long inode_of_file(const void* address, int fd) {
  char path[80];
  auto start = reinterpret_cast<unsigned long>(address);
  std::snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", start, start + 2 * page);
  struct stat file;
  if (stat(path, &file) < 0 && (errno != EPERM || fstat(fd, &file) < 0)) die("stat map_files");
  return file.st_ino;
}

int main() {
  std::atexit(clean_up);

  step("map a new object of two pages");
  int fd = shm_open("/shmpath-one-inode", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-one-inode)");
  created = true;
  if (ftruncate(fd, static_cast<off_t>(2 * page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  unsigned long inode = inode_of_vma(mapping), file = inode_of_file(mapping, fd);

  step("store to its first page");
  static_cast<volatile char*>(mapping)[0] = 0x11;

  step("in a second process: map it, ask what i_mapping has, then load the byte");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    created = false;  // the name is the parent's to remove
    if (munmap(mapping, 2 * page) < 0) die("munmap in the child");
    mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) die("mmap in the child");
    unsigned char there[2];
    if (mincore(mapping, 2 * page, there) < 0) die("mincore");
    char byte = static_cast<volatile char*>(mapping)[0];
    bool one = inode != 0 && file == inode && inode_of_vma(mapping) == inode &&
               inode_of_file(mapping, fd) == inode;
    bool through_inode = (there[0] & 1) == 1 && (there[1] & 1) == 0 && byte == 0x11;
    claim(
        "C42", one && through_inode ? holds : differs,
        "%s behind the VMAs of two processes; before the second touched it, i_mapping had page 0: "
        "%s, page 1: %s",
        one ? "one inode" : "not one inode", there[0] & 1 ? "yes" : "no",
        there[1] & 1 ? "yes" : "no");
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("remove it");
  if (munmap(mapping, 2 * page) < 0) die("munmap");
  if (shm_unlink("/shmpath-one-inode") < 0) die("shm_unlink");
  created = false;
  if (close(fd) < 0) die("close");
}
