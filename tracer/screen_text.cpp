// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/screen_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace shmpath {
namespace {

constexpr std::string_view mark = "...";

// Unicode's East Asian Width, Wide and Fullwidth, as far as our texts go.
bool is_wide(std::uint32_t c) {
  constexpr struct {
    std::uint32_t first, last;
  } wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
              {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x20000, 0x3fffd}};
  return std::any_of(std::begin(wide), std::end(wide),
                     [c](const auto& range) { return c >= range.first && c <= range.last; });
}

// Marks that stay with what is before them (a line does not begin with one), and with what is
// behind.
constexpr std::u32string_view closing = U"、。，：；！？）》」』】”’", opening = U"（《「『【“‘";

bool is_one_of(std::u32string_view marks, std::uint32_t c) {
  return marks.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
}

struct Piece {  // a character, or a colour
  std::string_view bytes;
  std::uint32_t code = 0;
  std::size_t columns = 0;
};

std::size_t length_of(unsigned char lead) {
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

Piece next_piece(std::string_view text) {
  if (text.starts_with("\033[")) {
    const std::size_t end = std::min(text.find('m'), text.size() - 1);
    return {text.substr(0, end + 1)};
  }
  const auto lead = static_cast<unsigned char>(text.front());
  const std::string_view bytes = text.substr(0, length_of(lead));
  std::uint32_t code = bytes.size() == 1 ? lead : lead & (0xffU >> (bytes.size() + 1));
  for (std::size_t i = 1; i < bytes.size(); i++)
    code = code << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3f);
  return {bytes, code, is_wide(code) ? 2U : 1U};
}

// What must stay on one line: a word, or one wide character with the marks around it.
Piece next_word(std::string_view text) {
  Piece word = next_piece(text);
  std::size_t size = word.bytes.size();
  bool wide = word.columns == 2, opened = is_one_of(opening, word.code);
  while (size < text.size()) {
    const Piece next = next_piece(text.substr(size));
    const bool stays =
        is_one_of(closing, next.code) || opened || (!wide && next.columns != 2 && next.code != ' ');
    if (!stays) break;
    wide = opened ? next.columns == 2 : wide;
    opened = is_one_of(opening, next.code);
    size += next.bytes.size();
    word.columns += next.columns;
  }
  word.bytes = text.substr(0, size);
  return word;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    columns += piece.columns;
    text.remove_prefix(piece.bytes.size());
  }
  return columns;
}

std::string_view fitting(std::string_view text, std::size_t columns) {
  std::size_t size = 0, used = 0;
  while (size < text.size()) {
    const Piece piece = next_piece(text.substr(size));
    if (used + piece.columns > columns) break;
    used += piece.columns;
    size += piece.bytes.size();
  }
  return text.substr(0, size);
}

std::string cut_to(std::string_view line, std::size_t columns) {
  if (columns == 0 || columns_of(line) <= columns) return std::string(line);
  std::string cut(fitting(line, columns > mark.size() ? columns - mark.size() : 0));
  cut += mark.substr(0, columns);
  return line.find('\033') == std::string_view::npos ? cut : cut + "\033[0m";
}

namespace {

Lines broken(std::string_view text, std::size_t columns, std::string_view first) {
  const std::size_t indent = columns_of(first);
  Lines lines;
  std::string line(first);
  std::size_t used = indent;
  bool empty = true;  // nothing but the indent
  while (!text.empty()) {
    const std::size_t spaces = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(spaces);
    if (text.empty()) break;
    const Piece word = next_word(text);
    const std::size_t gap = spaces && !empty ? 1 : 0;
    if (columns && !empty && used + gap + word.columns > columns) {
      lines.push_back(std::move(line));
      line = std::string(indent, ' ');
      used = indent;
    } else if (gap) {
      line += ' ';
      used++;
    }
    line += word.bytes;
    used += word.columns;
    empty = false;
    text.remove_prefix(word.bytes.size());
  }
  lines.push_back(std::move(line));
  return lines;
}

}  // namespace

Lines wrap(std::string_view text, std::size_t columns, std::string_view first) {
  Lines lines = broken(text, columns, first);
  for (std::string& line : lines) line = cut_to(line, columns);
  return lines;
}

std::string paragraph(std::string_view text, std::size_t columns, std::string_view first) {
  std::string out;
  for (const std::string& line : broken(text, columns, first)) out += line + "\n";
  return out;
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out(text);
  out.append(columns - std::min(columns, columns_of(text)), ' ');
  return out;
}

std::size_t output_columns() {
  constexpr std::size_t usual = 80, least = 40;
  winsize size{};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
    return usual;
  return std::max<std::size_t>(size.ws_col, least);
}

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace shmpath
