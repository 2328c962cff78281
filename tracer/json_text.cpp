// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/json_text.h"

#include <fmt/format.h>

#include "tracer/text.h"

namespace shmpath {

const char* layer_name(Layer layer) {
  return layer == Layer::user ? "user" : layer == Layer::syscall ? "syscall" : "kernel";
}

void append_number(std::string& out, std::uint64_t value) {
  fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void append_value(std::string& out, const Value& value) {
  if (auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_int text(*number);
    out.append(text.data(), text.size());
  } else if (auto* size = std::get_if<std::uint64_t>(&value)) {
    append_number(out, *size);
  } else if (auto* text = std::get_if<std::string>(&value)) {
    append_json_string(out, *text);
  } else {
    out += "null";
  }
}

void append_field(std::string& out, std::string_view key, std::string_view text) {
  ((out += ",\"") += key) += "\":";
  append_json_string(out, text);
}

void append_field(std::string& out, std::string_view key, std::uint64_t number) {
  ((out += ",\"") += key) += "\":";
  append_number(out, number);
}

void append_list(std::string& out, std::string_view key, const std::vector<std::string>& list) {
  ((out += ",\"") += key) += "\":[";
  for (std::size_t i = 0; i < list.size(); i++) {
    if (i) out += ',';
    append_json_string(out, list[i]);
  }
  out += ']';
}

void append_members(std::string& out, const Args& args) {
  for (std::size_t i = 0; i < args.size(); i++) {
    if (i) out += ',';
    append_json_string(out, args[i].name);
    out += ':';
    append_value(out, args[i].value);
  }
}

}  // namespace shmpath
