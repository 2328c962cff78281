// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace shmpath {

std::optional<std::string> read_file(const std::string& file) {
  constexpr std::size_t piece = 1 << 20;
  int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  ssize_t got = 1;
  for (std::size_t size = 0; got > 0; size += static_cast<std::size_t>(got)) {
    text.resize(size + piece);
    do got = read(fd, text.data() + size, piece);
    while (got < 0 && errno == EINTR);
    text.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got <= 0) break;
  }
  int error = errno;
  close(fd);
  errno = error;
  if (got < 0) return std::nullopt;
  return text;
}

}  // namespace shmpath
