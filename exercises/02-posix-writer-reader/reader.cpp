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

  // TODO: open the object for reading; ask how long it is; map that much of it, for reading only;
  // TODO: let `text` point to it; remove the name.
  std::printf("%s: %s\n", name.c_str(), text);
}
