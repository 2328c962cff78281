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

int main() {
  step("map a new object of two pages");
  int fd = shm_open("/shmpath-one-inode", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-one-inode)");
  if (shm_unlink("/shmpath-one-inode") < 0) die("shm_unlink");  // the descriptor is enough
  if (ftruncate(fd, static_cast<off_t>(2 * page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  struct stat file;
  if (fstat(fd, &file) < 0) die("fstat");
  bool here = inode_of_vma(mapping) == file.st_ino;

  step("store to its first page");
  static_cast<volatile char*>(mapping)[0] = 0x11;

  step("in a second process: map it, ask what i_mapping has, then load the byte");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) die("mmap in the child");
    bool one = here && inode_of_vma(mapping) == file.st_ino;
    unsigned char cached[2];
    if (mincore(mapping, 2 * page, cached) < 0) die("mincore");
    bool page_0 = (cached[0] & 1) == 1, page_1 = (cached[1] & 1) == 1;
    char byte = static_cast<volatile char*>(mapping)[0];
    claim("C42", one && page_0 && !page_1 && byte == 0x11 ? holds : differs,
          "%s inode behind the VMAs of two processes; "
          "before the second touched it, i_mapping had page 0: %s, page 1: %s",
          one ? "one" : "not one", page_0 ? "yes" : "no", page_1 ? "yes" : "no");
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("unmap it and close it: nobody else has it");
  if (munmap(mapping, 2 * page) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}
