// SPDX-License-Identifier: BSD-2-Clause
//
// The reader finds the object by its name, reads the text where it lies, and removes the name.
//
// Run: ./writer NONCE TEXT, then ./reader NONCE

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

[[maybe_unused, noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: reader NONCE\n"), 2;
  const std::string name = std::string("/pair-") + argv[1];
  const char* text = "";

  // BEGIN SOLUTION 02
  // todo: open the object for reading; ask how long it is; map that much of it, for reading only;
  // todo: let `text` point to it; remove the name.
  int fd = shm_open(name.c_str(), O_RDONLY, 0);
  if (fd < 0) die("shm_open");
  struct stat object;
  if (fstat(fd, &object) < 0) die("fstat");
  auto length = static_cast<size_t>(object.st_size);
  void* memory = mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  text = static_cast<const char*>(memory);
  if (shm_unlink(name.c_str()) < 0) die("shm_unlink");
  // END SOLUTION 02
  std::printf("%s: %s\n", name.c_str(), text);
}
