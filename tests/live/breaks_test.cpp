// SPDX-License-Identifier: BSD-2-Clause
//
// A verdict is a measurement: change a lab's premise, and the verdict changes. Each break in
// tests/lab/breaks.toml changes the source of one lab program; the lab is then checked with the
// changed program in its place.
#include <toml++/toml.h>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/live/support.h"

using namespace live;
namespace fs = std::filesystem;

namespace {

struct Break {
  std::string claim;
  std::string lab;   // 01, or 01-posix-shm
  std::string file;  // in the folder of the lab
  std::vector<std::pair<std::string, std::string>> replace;
  std::string becomes;   // the verdict then
  std::string measured;  // where it shows: by the "program" alone, or only in its "trace"
};

std::string text_of(const toml::table& table, const char* key) {
  return table[key].value_or(std::string{});
}

std::vector<Break> read_breaks() {
  const auto file = toml::parse_file((source_folder() / "tests/lab/breaks.toml").string());
  std::vector<Break> breaks;
  for (const auto& node : *file["break"].as_array()) {
    const toml::table& table = *node.as_table();
    Break one{text_of(table, "claim"),   text_of(table, "lab"),     text_of(table, "file"), {},
              text_of(table, "becomes"), text_of(table, "measured")};
    for (const auto& pair : *table["replace"].as_array())
      one.replace.emplace_back(pair.as_array()->at(0).value_or(std::string{}),
                               pair.as_array()->at(1).value_or(std::string{}));
    breaks.push_back(std::move(one));
  }
  return breaks;
}

// The lab's folder below `root`: the one named NN-name, or beginning with NN-.
fs::path lab_folder(const fs::path& root, const std::string& lab) {
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && (name == lab || name.starts_with(lab + "-"))) return entry.path();
  }
  return {};
}

// Every claim that a flow file lists.
std::set<std::string> listed_claims() {
  static const std::regex id(R"re(["'](C\d\d)["'])re");
  std::set<std::string> claims;
  for (const auto& entry : fs::directory_iterator(source_folder() / "labs")) {
    const std::string flow = read_file(entry.path() / "flow.toml");
    for (std::sregex_iterator it(flow.begin(), flow.end(), id), end; it != end; ++it)
      claims.insert((*it)[1]);
  }
  return claims;
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

// What a line of `check` ("  C01  holds  text") or of the program ("C01 holds: text") says of it.
std::string verdict_of(const std::string& claim, const std::string& text) {
  const std::regex shape("^\\s*" + claim + "\\s+(holds|differs|not checked here)(:|\\s|$)");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (std::smatch match; std::regex_search(line, match, shape)) return match[1];
  return "no verdict";
}

}  // namespace

TEST_CASE("every claim of every lab has a break") {
  std::set<std::string> broken;
  for (const Break& one : read_breaks()) broken.insert(one.claim);
  const auto claims = listed_claims();
  CHECK_FALSE(claims.empty());
  for (const std::string& claim : claims) {
    CAPTURE(claim);
    CHECK(broken.contains(claim));
  }
}

TEST_CASE("breaking the premise of a claim changes its verdict") {
  NEEDS_ROOT();
  std::map<std::string, std::string> unbroken;  // what `check` prints, by lab
  for (const Break& one : read_breaks()) {
    CAPTURE(one.claim, one.lab, one.file);
    const fs::path sources = lab_folder(source_folder() / "labs", one.lab);
    REQUIRE_FALSE(sources.empty());
    const std::string source = broken_source(one, sources / one.file);
    REQUIRE_FALSE(source.empty());

    TempFolder folder;
    const fs::path labs = folder / "labs";
    fs::copy(labs_folder(), labs, fs::copy_options::recursive);
    const fs::path changed = folder / fs::path(one.file).filename().string();
    std::ofstream(changed) << source;
    const fs::path program = lab_folder(labs, one.lab) / changed.stem();
    REQUIRE(fs::exists(program));
    const Outcome compiled = compile(changed, program);
    CAPTURE(compiled.err);
    REQUIRE(compiled.status == 0);

    const std::string number = lab_folder(labs, one.lab).filename().string().substr(0, 2);
    if (!unbroken.contains(number))
      unbroken[number] = run_command({{shmpath(), "check", number}}).out;
    const Outcome after = run_command({{shmpath(), "check", number, "--labs", labs.string()}});
    CAPTURE(after.out, after.err);
    CHECK(verdict_of(one.claim, after.out) == one.becomes);
    const std::string own = verdict_of(one.claim, run_command({{program.string()}}).out);
    CHECK((own == one.becomes) == (one.measured == "program"));
    CHECK(verdict_of(one.claim, unbroken[number]) != one.becomes);
  }
}
