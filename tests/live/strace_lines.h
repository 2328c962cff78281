// SPDX-License-Identifier: BSD-2-Clause
//
// What strace and what `shmpath --format strace` wrote, taken apart line by line.
#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace live {

struct StraceLine {
  std::string name;  // of the call; the whole text of a line such as +++ exited with 0 +++
  std::vector<std::string> args;  // as written
  std::string result;
};

using StraceLines = std::map<int, std::vector<StraceLine>>;  // by thread

inline void replace_all(std::string& text, const std::string& what, const std::string& with = "") {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

// Arguments lie between commas that are in no string and no bracket.
inline std::vector<std::string> split_args(const std::string& text) {
  std::vector<std::string> args;
  std::string arg;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (in_string && c == '\\') arg += text[i++];
    if (c == '"' && (i == 0 || text[i - 1] != '\\' || !in_string)) in_string = !in_string;
    if (!in_string && (c == '[' || c == '{' || c == '(')) depth++;
    if (!in_string && (c == ']' || c == '}' || c == ')')) depth--;
    if (c == ',' && depth == 0 && !in_string) {
      args.push_back(std::exchange(arg, ""));
      if (i + 1 < text.size() && text[i + 1] == ' ') i++;
    } else {
      arg += text[i];
    }
  }
  if (!arg.empty() || !args.empty()) args.push_back(arg);
  return args;
}

// "close(3)                                = 0 <0.000012345>"
inline StraceLine parse_call(std::string text) {
  static const std::regex duration(R"( <\d+\.\d{9}>$)"), remark(R"( /\* [^*]* \*/)");
  text = std::regex_replace(text, duration, "");
  text = std::regex_replace(text, remark, "");
  const std::size_t open = text.find('('), equals = text.rfind(" = ");
  if (text.starts_with("+++") || open == std::string::npos || equals == std::string::npos)
    return {text, {}, ""};
  const std::size_t close = text.rfind(')', equals);
  // "= -1 ENOENT (No such file or directory)": the bracket is behind the equals sign
  return {text.substr(0, open), split_args(text.substr(open + 1, close - open - 1)),
          text.substr(equals + 3)};
}

// Lines of the form "123  text" or "[pid   123] text"; those without a thread are left out. What
// was interrupted by other threads is put together again.
inline StraceLines strace_lines(const std::string& text) {
  static const std::regex prefix(R"(^(?:\[pid +(\d+)\]|(\d+)) +)");
  static const std::regex resumed(R"(^<\.\.\. \w+ resumed>)");
  StraceLines lines;
  std::map<int, std::string> unfinished;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::smatch found;
    if (!std::regex_search(line, found, prefix)) continue;
    const int tid = std::stoi(found[1].matched ? found[1] : found[2]);
    line = found.suffix();
    if (line.starts_with("---") || line.starts_with("/*")) continue;
    if (std::regex_search(line, found, resumed))
      line = std::exchange(unfinished[tid], "") + std::string(found.suffix());
    const std::string mark = " <unfinished ...>";
    if (line.ends_with(mark)) {
      unfinished[tid] = line.substr(0, line.size() - mark.size());
      continue;
    }
    replace_all(line, mark);
    replace_all(line, " (core dumped)");
    lines[tid].push_back(parse_call(line));
  }
  return lines;
}

}  // namespace live
