// SPDX-License-Identifier: BSD-2-Clause
//
// Three paths that a tracer reads wrongly if it is careless:
//   1. one that lies in a mapped page which the process has not touched: nothing to read at
//      entry without a fault, there at return, because the kernel took that fault;
//   2. one at a bad address: never there;
//   3. an empty one: there, and empty.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

namespace {

constexpr char path[] = "/dev/null";

long open_at(const void* pathname) {
  return syscall(SYS_openat, AT_FDCWD, pathname, O_RDONLY | O_CLOEXEC, 0);
}

}  // namespace

int main() {
  int file = memfd_create("path", MFD_CLOEXEC);
  if (file < 0 || write(file, path, sizeof path) != sizeof path) return std::perror("memfd"), 1;
  void* untouched = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  if (untouched == MAP_FAILED) return std::perror("mmap"), 1;

  if (open_at(untouched) < 0) return std::perror(path), 1;
  if (open_at(reinterpret_cast<const void*>(1)) >= 0) return 2;  // EFAULT
  if (open_at("") >= 0) return 3;                                // ENOENT
  return 0;
}
