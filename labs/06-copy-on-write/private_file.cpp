// SPDX-License-Identifier: BSD-2-Clause
//
// A private mapping of a file shows the file until this process stores to a page. From then on the
// page is a copy of its own.
//
// Run:      build/labs/06-copy-on-write/private_file
// Trace:    build/bin/shmpath run 06
// Look for: the read fault in step 2, and do_wp_page with an allocation in step 5.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// Another process maps the file shared and stores to its first byte.
static void store_elsewhere(int fd, char value) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) _exit(1);
    *static_cast<volatile char*>(mapping) = value;
    _exit(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) die("the other process");
}

int main() {
  step("make a file that begins with \"aa\"");
  char name[] = "shmpath-lab-06-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  if (unlink(name) < 0) die("unlink");  // the descriptor is enough
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  if (pwrite(fd, "aa", 2, 0) != 2) die("pwrite");

  step("map it privately, and read a byte");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* mine = static_cast<char*>(mapping);
  char at_first = mine[0];

  step("let another process store \"b\" to the file");
  store_elsewhere(fd, 'b');

  step("read the byte again");
  char before_store = mine[0];

  step("store \"x\" to the byte after it");
  mine[1] = 'x';

  step("let another process store \"c\" to the file");
  store_elsewhere(fd, 'c');

  step("compare the mapping with the file");
  char after_store = mine[0], in_file[2];
  if (pread(fd, in_file, 2, 0) != 2) die("pread");
  std::printf("first byte of the mapping: %c, then %c, and %c after the store\n", at_first,
              before_store, after_store);
  bool seen_before = at_first == 'a' && before_store == 'b';
  bool seen_after = after_store == 'c';
  claim(
      "C25", seen_before && !seen_after && in_file[1] == 'a' ? holds : differs,
      "another process's change was %s before the first store, %s after it; the file has \"%c%c\"",
      seen_before ? "seen" : "not seen", seen_after ? "seen" : "not seen", in_file[0], in_file[1]);

  step("unmap and close");
  if (munmap(mapping, page) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}
