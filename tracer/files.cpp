// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "tracer/failure.h"

namespace shmpath {

std::optional<std::string> read_file(const std::string& file) {
  constexpr std::size_t piece = 1 << 16;
  int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  std::size_t size = 0;
  ssize_t got = 1;
  while (got > 0) {
    // /proc gives a page at a time, so room is made only when what there is has been used
    if (text.size() - size < piece) text.resize(2 * text.size() + piece);
    do got = read(fd, text.data() + size, text.size() - size);
    while (got < 0 && errno == EINTR);
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  int error = errno;
  close(fd);
  errno = error;
  if (got < 0) return std::nullopt;
  return text;
}

std::filesystem::path own_program() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    throw Failure("cannot tell where shmpath itself is", "/proc/self/exe: " + error.message(),
                  "mount /proc: mount -t proc proc /proc");
  return program;
}

}  // namespace shmpath
