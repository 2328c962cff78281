// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace shmpath {
namespace {

constexpr double megabyte = 1e6;
constexpr std::size_t usual_width = 80;

std::size_t terminal_width() {
  winsize size{};
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : usual_width;
}

}  // namespace

std::string progress_bar(const std::string& what, std::uint64_t bytes, std::uint64_t total_bytes,
                         std::size_t width) {
  constexpr std::size_t shortest = 4, longest = 40;
  bytes = std::min(bytes, total_bytes);
  auto total = static_cast<double>(total_bytes);
  std::string end =
      fmt::format("{:.1f} of {:.1f} MB", static_cast<double>(bytes) / megabyte, total / megabyte);
  std::size_t others = what.size() + end.size() + 5;  // brackets, spaces, and a free last column
  if (width < others + shortest) return fmt::format("{} {}", what, end).substr(0, width - 1);
  std::size_t length = std::min(width - others, longest);
  auto full = static_cast<std::size_t>(static_cast<double>(length) *
                                       (total_bytes ? static_cast<double>(bytes) / total : 0));
  return fmt::format("{} [{}{}] {}", what, std::string(full, '#'), std::string(length - full, ' '),
                     end);
}

Progress::Progress() : terminal_(isatty(STDERR_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::clear() const {
  if (terminal_ && !what_.empty()) fmt::print(stderr, "\r\x1b[K");
}

void Progress::begin(const std::string& what, std::uint64_t total_bytes) {
  clear();
  what_ = what;
  total_bytes_ = total_bytes;
  if (terminal_ && total_bytes) return at(0);
  std::string size =
      total_bytes ? fmt::format(" ({:.1f} MB)", static_cast<double>(total_bytes) / megabyte) : "";
  fmt::print(stderr, "{}{}{}", what, size, terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void Progress::at(std::uint64_t bytes) {
  if (!terminal_ || !total_bytes_) return;
  fmt::print(stderr, "\r{}\x1b[K", progress_bar(what_, bytes, total_bytes_, terminal_width()));
  std::fflush(stderr);
}

}  // namespace shmpath
