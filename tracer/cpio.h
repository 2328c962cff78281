// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shmpath {

// A cpio archive in the "newc" format, which the kernel unpacks as its first root file system
// (kernel: Documentation/driver-api/early-userspace/buffer-format.rst). All belongs to root. A
// folder must be added before what is in it. Throws std::length_error for a name or file that the
// format has no room for.
class CpioArchive {
 public:
  void add_folder(std::string_view name);
  void add_file(std::string_view name, std::string_view bytes, std::uint32_t permissions);
  void add_link(std::string_view name, std::string_view to);  // symbolic
  // Ends the archive and gives it away.
  std::string finish();

 private:
  void add(std::string_view name, std::uint32_t mode, std::string_view bytes);
  void pad();

  std::string bytes_;
  std::uint32_t inode_ = 0;
};

}  // namespace shmpath
