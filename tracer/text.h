// SPDX-License-Identifier: BSD-2-Clause
//
// Bytes from traced programs, files and recordings made safe to print: nothing
// that moves a cursor, hides text or ends a line gets through.
#pragma once

#include <string>
#include <string_view>

namespace shmpath {

// Valid UTF-8 without control characters, bidirectional marks or line separators: each byte of
// what is not allowed becomes \n, \t or \x1b, and a backslash becomes two. One-to-one.
std::string escape_bytes(std::string_view bytes);

// The same for text that was escaped once already (a recording): backslashes stay.
std::string strip_controls(std::string_view text);

// Appends text as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace shmpath
