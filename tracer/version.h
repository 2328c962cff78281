// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

namespace shmpath {

// "0.1.0"
std::string shmpath_version();

// For --version: of shmpath, of libbpf, of the formats that it writes, and of the kernel.
std::string version_text();

}  // namespace shmpath
