// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/lab_source.h"

#include <algorithm>
#include <optional>

#include "tracer/screen_text.h"

namespace shmpath {
namespace {

constexpr std::string_view call = "step(\"";

// The text that the line announces, as the compiler reads it.
std::optional<std::string> announced(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t at = line.find(call, start);
  const std::size_t comment = line.find("//");
  if (at == std::string_view::npos || comment < at) return std::nullopt;
  if (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t' && line[at - 1] != '{' &&
      line[at - 1] != ';')
    return std::nullopt;  // another function, whose name ends so
  std::string text;
  for (std::size_t i = at + call.size(); i < line.size() && line[i] != '"'; i++) {
    if (line[i] == '\\' && i + 1 < line.size()) i++;
    text += line[i];
  }
  return text;
}

std::string without_tabs(std::string line) {
  for (std::size_t at = 0; (at = line.find('\t', at)) != std::string::npos;)
    line.replace(at, 1, "  ");
  return line;
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

}  // namespace

std::vector<SourceLine> lines_of_step(std::string_view source, std::string_view text,
                                      unsigned number) {
  const Lines lines = lines_of(source);
  std::optional<std::size_t> begin;
  unsigned steps = 0;
  for (std::size_t i = 0; i < lines.size(); i++) {
    const auto announces = announced(lines[i]);
    if (!announces) continue;
    steps++;
    if (*announces == text && (!begin || steps == number)) begin = i;
  }
  if (!begin) return {};
  std::size_t end = *begin + 1;
  while (end < lines.size() && !lines[end].starts_with("}") && !announced(lines[end])) end++;
  while (is_blank(lines[end - 1])) end--;
  std::vector<SourceLine> found;
  for (std::size_t i = *begin; i < end; i++)
    found.push_back({static_cast<unsigned>(i + 1), without_tabs(lines[i])});
  return found;
}

std::string before_steps(std::string_view source) {
  std::string before;
  for (const std::string& line : lines_of(source)) {
    if (announced(line)) break;
    before += line + "\n";
  }
  return before;
}

}  // namespace shmpath
