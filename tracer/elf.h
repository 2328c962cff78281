// SPDX-License-Identifier: BSD-2-Clause
//
// What is asked of a program file before it is probed. The file may be hostile:
// whatever is wrong with it reads as "nothing there".
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace shmpath {

// Offsets in the file of those of the functions that it defines, by name. Both symbol tables are
// searched, so an unstripped static program answers too.
std::map<std::string, std::uint64_t> function_offsets(const std::string& file,
                                                      std::span<const std::string_view> names);

// A program with no interpreter: it carries its own C library.
bool is_static_program(const std::string& file);

// It has markers of this provider (<sys/sdt.h>).
bool has_markers(const std::string& file, std::string_view provider);

}  // namespace shmpath
