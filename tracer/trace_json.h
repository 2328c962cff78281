// SPDX-License-Identifier: BSD-2-Clause
//
// The values of a trace file's fields. Each throws BadTrace, naming the field, for one of another
// kind; text comes out safe to print.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/event.h"

namespace shmpath {

[[noreturn]] void refuse(std::string_view field, const char* due);
std::string safe(std::string_view text);
std::string text_of(std::string_view field, simdjson::dom::element value);
std::uint64_t number_of(std::string_view field, simdjson::dom::element value,
                        std::uint64_t most = UINT64_MAX);
std::uint32_t small_number(std::string_view field, simdjson::dom::element value);
bool truth_of(std::string_view field, simdjson::dom::element value);
simdjson::dom::object object_of(std::string_view field, simdjson::dom::element value);
simdjson::dom::array array_of(std::string_view field, simdjson::dom::element value);
std::vector<std::string> texts_of(std::string_view field, simdjson::dom::element value);
Value value_of(std::string_view field, simdjson::dom::element value);
Args args_of(std::string_view field, simdjson::dom::element value);
Layer layer_of(std::string_view field, simdjson::dom::element value);

}  // namespace shmpath
