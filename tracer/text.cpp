// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace shmpath {
namespace {

// Length of the well-formed UTF-8 sequence that begins `s`, 0 if there is none (Unicode, table
// 3-7).
std::size_t utf8_length(std::string_view s, std::uint32_t& code) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  unsigned char first = byte(0);
  if (first < 0x80) return code = first, 1;
  std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || s.size() < length) return 0;
  code = first & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return overlong || surrogate || code > 0x10ffff ? 0 : length;
}

bool printable(std::uint32_t code) {
  bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  bool invisible = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                   (code >= 0x2060 && code <= 0x206f) || code == 0x061c || code == 0xfeff ||
                   (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
  return !control && !invisible;
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (char c : bytes) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
}

std::string clean(std::string_view s, bool double_backslash) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    std::uint32_t code = 0;
    std::size_t length = utf8_length(s, code);
    if (length == 0)
      append_escaped(out, s.substr(0, 1));
    else if (code == '\\' && double_backslash)
      out += "\\\\";
    else if (printable(code))
      out += s.substr(0, length);
    else
      append_escaped(out, s.substr(0, length));
    s.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace

std::string escape_bytes(std::string_view bytes) { return clean(bytes, true); }
std::string strip_controls(std::string_view text) { return clean(text, false); }

void append_json_string(std::string& out, std::string_view text) {
  auto special = [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  };
  out += '"';
  while (!text.empty()) {
    auto plain =
        static_cast<std::size_t>(std::find_if(text.begin(), text.end(), special) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (text[0] == '"' || text[0] == '\\')
      (out += '\\') += text[0];
    else
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", text[0]);
    text.remove_prefix(1);
  }
  out += '"';
}

}  // namespace shmpath
