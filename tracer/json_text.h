// SPDX-License-Identifier: BSD-2-Clause
//
// The values of an event as JSON, appended to a line: what the trace file and the Perfetto file
// have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/event.h"

namespace shmpath {

// "user", "syscall" or "kernel".
const char* layer_name(Layer layer);

void append_number(std::string& out, std::uint64_t value);
void append_value(std::string& out, const Value& value);
// `,"key":value`. The key is ours: it is not escaped.
void append_field(std::string& out, std::string_view key, std::string_view text);
void append_field(std::string& out, std::string_view key, std::uint64_t number);
void append_list(std::string& out, std::string_view key, const std::vector<std::string>& list);
// `"name":value`, joined by commas.
void append_members(std::string& out, const Args& args);

}  // namespace shmpath
