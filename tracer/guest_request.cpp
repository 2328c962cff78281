// SPDX-License-Identifier: BSD-2-Clause
//
// A request is a row of fields, each a letter, its text and a NUL, which no word, variable or path
// can hold: c for a word of the command, e for a variable, f for the folder, w for ROWSxCOLUMNS, g
// for the grading profile.
#include "tracer/guest_request.h"

#include <fmt/format.h>

#include <charconv>

namespace shmpath {
namespace {

std::optional<WindowSize> decode_window(std::string_view text) {
  WindowSize size;
  const char* const end = text.data() + text.size();
  auto [cross, first_error] = std::from_chars(text.data(), end, size.rows);
  if (first_error != std::errc{} || cross == end || *cross != 'x') return std::nullopt;
  auto [rest, second_error] = std::from_chars(cross + 1, end, size.columns);
  if (second_error != std::errc{} || rest != end) return std::nullopt;
  return size;
}

bool take_field(GuestRequest& request, char kind, std::string_view text) {
  switch (kind) {
    case 'c':
      request.command.emplace_back(text);
      return true;
    case 'e':
      request.environment.emplace_back(text);
      return true;
    case 'f':
      request.folder = text;
      return true;
    case 'w':
      request.window = decode_window(text);
      return request.window.has_value();
    case 'g':
      request.grading = true;
      return text.empty();
    default:
      return false;
  }
}

}  // namespace

std::string encode_request(const GuestRequest& request) {
  std::string bytes;
  auto add = [&](char kind, std::string_view text) {
    bytes += kind;
    bytes += text;
    bytes += '\0';
  };
  for (const std::string& word : request.command) add('c', word);
  for (const std::string& variable : request.environment) add('e', variable);
  add('f', request.folder);
  if (request.window) add('w', fmt::format("{}x{}", request.window->rows, request.window->columns));
  if (request.grading) add('g', "");
  return bytes;
}

std::optional<GuestRequest> decode_request(std::string_view bytes) {
  GuestRequest request;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    if (!take_field(request, bytes[0], bytes.substr(1, end - 1))) return std::nullopt;
    bytes.remove_prefix(end + 1);
  }
  if (request.command.empty()) return std::nullopt;
  return request;
}

}  // namespace shmpath
