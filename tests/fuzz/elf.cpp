// SPDX-License-Identifier: BSD-2-Clause
//
// A program file: what is asked of it before it is probed.
#include "tracer/elf.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tracer/fd.h"

using namespace shmpath;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Fd file(memfd_create("fuzz", MFD_CLOEXEC));
  for (std::size_t put = 0; put < size;) {
    const ssize_t count = write(file.get(), data + put, size - put);
    if (count <= 0) return 0;
    put += static_cast<std::size_t>(count);
  }
  const std::string name = fmt::format("/proc/self/fd/{}", file.get());
  constexpr std::string_view functions[] = {"shm_open", "mmap", "main"};
  function_offsets(name, functions);
  is_static_program(name);
  markers_of(name, "shmpath");
  entry_address(name);
  return 0;
}
