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
#include <vector>

namespace shmpath {

// Offsets in the file of those of the functions that it defines, by name. Both symbol tables are
// searched, so an unstripped static program answers too.
std::map<std::string, std::uint64_t> function_offsets(const std::string& file,
                                                      std::span<const std::string_view> names);

// A program with no interpreter: it carries its own C library.
bool is_static_program(const std::string& file);

// The file without what only a debugger reads: up to the end of what is loaded, and no sections.
// "" when it is no program of this machine.
std::string loaded_part(const std::string& file);

// A marker that <sys/sdt.h> left: a nop in the code, and a note that says where its arguments are.
struct Marker {
  std::string name;
  std::uint64_t address;  // as the file has it, before it is loaded
  std::string arguments;  // "-4@%ebx 8@%rbp"
};
// Those of this provider.
std::vector<Marker> markers_of(const std::string& file, std::string_view provider);
bool has_markers(const std::string& file, std::string_view provider);

// Where the file says that it begins to run, to compare with where it did; 0: it is no program.
std::uint64_t entry_address(const std::string& file);

}  // namespace shmpath
