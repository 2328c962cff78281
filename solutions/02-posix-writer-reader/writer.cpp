// SPDX-License-Identifier: BSD-2-Clause
//
// The writer makes an object, puts a text into it, and ends. The object stays.
//
// Run: ./writer NONCE TEXT, then ./reader NONCE

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

[[maybe_unused, noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: writer NONCE TEXT\n"), 2;
  const std::string name = std::string("/pair-") + argv[1];
  [[maybe_unused]] const char* text = argv[2];

  // BEGIN SOLUTION 02
  // todo: create the object `name`, which must be new; make it 4096 bytes long; map it shared;
  // todo: put `text` into it, with the 0 at its end. Leave its name for the reader.
  int fd = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open");
  if (ftruncate(fd, 4096) < 0) die("ftruncate");
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  std::strcpy(static_cast<char*>(memory), text);
  // END SOLUTION 02
  std::printf("%s: %zu characters\n", name.c_str(), std::strlen(text));
}
