// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/wrap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace shmpath {
namespace {

constexpr std::size_t usual_columns = 80, least_columns = 40;

// The first character of `text`, which is not empty: its bytes and its code.
std::string_view first_character(std::string_view text, std::uint32_t& code) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  code = length == 1 ? lead : lead & (0xff >> (length + 1));
  for (std::size_t i = 1; i < std::min(length, text.size()); i++)
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return text.substr(0, length);
}

// East Asian wide: CJK punctuation, ideographs, full-width forms.
bool is_wide(std::uint32_t code) {
  return (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
         (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) ||
         (code >= 0xff01 && code <= 0xff60) || (code >= 0x20000 && code <= 0x3fffd);
}

bool closes(std::string_view character) {
  constexpr std::string_view marks = "，。；：、！？）》」』】”’";
  return !character.empty() && marks.find(character) != std::string_view::npos;
}

bool opens(std::string_view character) {
  constexpr std::string_view marks = "（《「『【“‘";
  return !character.empty() && marks.find(character) != std::string_view::npos;
}

// Takes from the front of `text` what may not be broken: a word, or a Chinese character with the
// punctuation that belongs to it. Blanks in front are not part of it.
std::string_view take_piece(std::string_view& text) {
  std::size_t length = 0;
  bool after_opening = false, after_wide = false;
  while (length < text.size() && text[length] != ' ') {
    std::uint32_t code = 0;
    const std::string_view next = first_character(text.substr(length), code);
    const bool begins = length > 0 && !after_opening;
    if (begins && !closes(next) && (is_wide(code) || after_wide)) break;
    after_opening = opens(next);
    after_wide = is_wide(code);
    length += next.size();
  }
  const std::string_view piece = text.substr(0, length);
  text.remove_prefix(length);
  return piece;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    std::uint32_t code = 0;
    text.remove_prefix(std::min(first_character(text, code).size(), text.size()));
    columns += is_wide(code) ? 2 : 1;
  }
  return columns;
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out(text);
  out.append(columns - std::min(columns, columns_of(text)), ' ');
  return out;
}

std::string wrap(std::string_view text, std::size_t width, std::string_view first) {
  const std::size_t indent = columns_of(first);
  std::string out(first);
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t word = std::min(text.find_first_not_of(' '), text.size());
    const bool blank = word > 0;
    text.remove_prefix(word);
    const std::string_view piece = take_piece(text);
    if (piece.empty()) break;
    const std::size_t columns = columns_of(piece);
    const bool begins = column == indent;
    if (!begins && column + (blank ? 1 : 0) + columns > width) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else if (!begins && blank) {
      out += ' ';
      column++;
    }
    out += piece;
    column += columns;
  }
  return out + '\n';
}

std::size_t output_columns() {
  winsize size{};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
    return usual_columns;
  return std::max<std::size_t>(size.ws_col, least_columns);
}

}  // namespace shmpath
