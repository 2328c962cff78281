// SPDX-License-Identifier: BSD-2-Clause
#include "tests/live/breaks.h"

#include <toml++/toml.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "tests/live/support.h"

namespace live {
namespace fs = std::filesystem;
namespace {

std::string text_of(const toml::table& table, const char* key) {
  return table[key].value_or(std::string{});
}

// The lab's folder below `root`: the one named NN-name, or beginning with NN-.
fs::path lab_folder(const fs::path& root, const std::string& lab) {
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && (name == lab || name.starts_with(lab + "-"))) return entry.path();
  }
  return {};
}

// The source with its replacements made; "" when the text of one is not there exactly once.
std::string broken_source(const Break& one, const fs::path& source) {
  std::string text = read_file(source);
  for (const auto& [from, to] : one.replace) {
    const auto at = text.find(from);
    if (from.empty() || at == std::string::npos || text.find(from, at + 1) != std::string::npos)
      return "";
    text.replace(at, from.size(), to);
  }
  return text;
}

Outcome compile(const fs::path& source, const fs::path& program) {
  return run_command(
      {{"c++", "-std=c++20", "-O1", "-g", "-pthread", "-I", (source_folder() / "labs").string(),
        "-I", source_folder().string(), source.string(), "-o", program.string()}});
}

}  // namespace

std::vector<Break> read_breaks() {
  const auto file = toml::parse_file((source_folder() / "tests/lab/breaks.toml").string());
  std::vector<Break> breaks;
  for (const auto& node : *file["break"].as_array()) {
    const toml::table& table = *node.as_table();
    Break one{text_of(table, "claim"),
              text_of(table, "lab"),
              text_of(table, "file"),
              {},
              text_of(table, "becomes"),
              text_of(table, "measured"),
              table["place"].value_or(std::string("host"))};
    for (const auto& pair : *table["replace"].as_array())
      one.replace.emplace_back(pair.as_array()->at(0).value_or(std::string{}),
                               pair.as_array()->at(1).value_or(std::string{}));
    breaks.push_back(std::move(one));
  }
  return breaks;
}

fs::path make_broken_labs(const Break& one, const fs::path& labs) {
  CAPTURE(one.claim, one.lab, one.file);
  const fs::path sources = lab_folder(source_folder() / "labs", one.lab);
  REQUIRE_FALSE(sources.empty());
  const std::string source = broken_source(one, sources / one.file);
  REQUIRE_FALSE(source.empty());

  fs::copy(labs_folder(), labs, fs::copy_options::recursive);
  TempFolder folder;
  const fs::path changed = folder / fs::path(one.file).filename().string();
  std::ofstream(changed) << source;
  const fs::path program = lab_folder(labs, one.lab) / changed.stem();
  REQUIRE(fs::exists(program));
  const Outcome compiled = compile(changed, program);
  CAPTURE(compiled.err);
  REQUIRE(compiled.status == 0);
  return program;
}

std::string verdict_of(const std::string& claim, const std::string& text) {
  const std::regex shape("^\\s*" + claim + "\\s+(holds|differs|not checked here)(:|\\s|$)");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (std::smatch match; std::regex_search(line, match, shape)) return match[1];
  return "no verdict";
}

}  // namespace live
