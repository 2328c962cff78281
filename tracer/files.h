// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace shmpath {

// The whole of a file, also one of /proc or /sys whose size is not known beforehand; nothing, and
// errno, when it cannot be read.
std::optional<std::string> read_file(const std::string& file);

// The file of this program. Throws Failure where there is no /proc to tell it.
std::filesystem::path own_program();

}  // namespace shmpath
