// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/cpio.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

namespace shmpath {
namespace {

constexpr std::string_view trailer = "TRAILER!!!";
constexpr std::size_t most_name = 4095;  // the kernel passes over longer ones

}  // namespace

// Header, name and contents each begin at a multiple of four.
void CpioArchive::pad() { bytes_.resize((bytes_.size() + 3) / 4 * 4, '\0'); }

void CpioArchive::add(std::string_view name, std::uint32_t mode, std::string_view bytes) {
  if (name.size() > most_name || bytes.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("too large for a cpio archive: " + std::string(name));
  const std::uint32_t links = S_ISDIR(mode) ? 2 : 1;
  const std::uint32_t fields[] = {++inode_,
                                  mode,
                                  0,
                                  0,
                                  links,
                                  0,
                                  static_cast<std::uint32_t>(bytes.size()),
                                  0,
                                  0,
                                  0,
                                  0,
                                  static_cast<std::uint32_t>(name.size() + 1),
                                  0};
  bytes_ += "070701";
  for (std::uint32_t field : fields) fmt::format_to(std::back_inserter(bytes_), "{:08X}", field);
  bytes_ += name;
  bytes_ += '\0';
  pad();
  bytes_ += bytes;
  pad();
}

void CpioArchive::add_folder(std::string_view name) { add(name, S_IFDIR | 0755, ""); }

void CpioArchive::add_file(std::string_view name, std::string_view bytes,
                           std::uint32_t permissions) {
  add(name, S_IFREG | permissions, bytes);
}

void CpioArchive::add_link(std::string_view name, std::string_view to) {
  add(name, S_IFLNK | 0777, to);
}

std::string CpioArchive::finish() {
  add(trailer, 0, "");
  inode_ = 0;
  return std::exchange(bytes_, {});
}

}  // namespace shmpath
