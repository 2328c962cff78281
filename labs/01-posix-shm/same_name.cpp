// SPDX-License-Identifier: BSD-2-Clause
//
// Two functions are called shm_open: the C library's opens a POSIX object, and the kernel's counts
// one more attachment when the mapping of a System V segment is copied. Neither calls the other.
//
// Run:      build/labs/01-posix-shm/same_name
// Trace:    build/bin/shmpath run 01
// Look for: the C library's shm_open in posix_shm, and the kernel's nowhere in this lab.

#include <dlfcn.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lab.h"

int main() {
  step("look for shm_open in the C library");
  Dl_info found;
  void* address = dlsym(RTLD_DEFAULT, "shm_open");
  bool in_libc = address != nullptr && dladdr(address, &found) != 0;
  std::string library =
      in_libc ? std::filesystem::path(found.dli_fname).filename().string() : "no library";
  std::printf("a program's shm_open is in %s\n", library.c_str());

  step("look for shm_open in the kernel");
  std::ifstream kallsyms(
      "/proc/kallsyms");  // each line: address, type, name; t is a static function
  std::string line;
  bool in_kernel = false;
  while (!in_kernel && std::getline(kallsyms, line)) in_kernel = line.ends_with(" t shm_open");
  std::printf("the kernel has %s static function shm_open\n", in_kernel ? "a" : "no visible");

  if (!in_kernel)
    claim("C54", not_checked,
          "/proc/kallsyms shows no static shm_open (CONFIG_KALLSYMS, CONFIG_SYSVIPC)");
  else
    claim("C54", in_libc ? differs : holds, "the API is in %s, the static shm_open in the kernel",
          library.c_str());
}
