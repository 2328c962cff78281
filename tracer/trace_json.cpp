// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/trace_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tracer/text.h"
#include "tracer/trace_parser.h"

namespace shmpath {

using simdjson::dom::element;
using simdjson::dom::element_type;

void refuse(std::string_view field, const char* due) {
  throw BadTrace{fmt::format("`{}` is not {}", field, due), "record it again"};
}

static bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string safe(std::string_view text) {
  return plain(text) ? std::string(text) : strip_controls(text);
}

std::string text_of(std::string_view field, element value) {
  std::string_view text;
  if (value.get(text)) refuse(field, "a string");
  return safe(text);
}

std::uint64_t number_of(std::string_view field, element value, std::uint64_t most) {
  std::uint64_t number = 0;
  if (value.get(number)) refuse(field, "a number from 0 on");
  if (number > most) refuse(field, "a number that it can have");
  return number;
}

std::uint32_t small_number(std::string_view field, element value) {
  return static_cast<std::uint32_t>(
      number_of(field, value, std::numeric_limits<std::uint32_t>::max()));
}

bool truth_of(std::string_view field, element value) {
  bool truth = false;
  if (value.get(truth)) refuse(field, "true or false");
  return truth;
}

simdjson::dom::object object_of(std::string_view field, element value) {
  simdjson::dom::object object;
  if (value.get(object)) refuse(field, "an object");
  return object;
}

simdjson::dom::array array_of(std::string_view field, element value) {
  simdjson::dom::array array;
  if (value.get(array)) refuse(field, "an array");
  return array;
}

std::vector<std::string> texts_of(std::string_view field, element value) {
  std::vector<std::string> texts;
  for (element one : array_of(field, value)) texts.push_back(text_of(field, one));
  return texts;
}

// A number from 0 on is unsigned, whatever it was when it was written.
Value value_of(std::string_view field, element value) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      return {};
    case element_type::STRING:
      return text_of(field, value);
    case element_type::UINT64:
      return number_of(field, value);
    case element_type::INT64: {
      const std::int64_t number = value.get_int64().value_unsafe();
      if (number < 0) return number;
      return static_cast<std::uint64_t>(number);
    }
    default:
      throw BadTrace{"a value that is no string, whole number or null", "record it again"};
  }
}

Args args_of(std::string_view field, element value) {
  Args args;
  const simdjson::dom::object object = object_of(field, value);
  args.reserve(object.size());
  for (auto [key, one] : object) args.push_back({safe(key), value_of(key, one)});
  return args;
}

Layer layer_of(std::string_view field, element value) {
  const std::string name = text_of(field, value);
  if (name == "user") return Layer::user;
  if (name == "syscall") return Layer::syscall;
  if (name == "kernel") return Layer::kernel;
  refuse(field, "user, syscall or kernel");
}

}  // namespace shmpath
