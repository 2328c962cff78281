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

  // TODO: create the object `name`, which must be new; make it 4096 bytes long; map it shared;
  // TODO: put `text` into it, with the 0 at its end. Leave its name for the reader.
  std::printf("%s: %zu characters\n", name.c_str(), std::strlen(text));
}
