// SPDX-License-Identifier: BSD-2-Clause
#include "tests/vm/results.h"

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>

namespace vm {
namespace fs = std::filesystem;
namespace {

fs::path results_folder() {
  const fs::path folder = vm_folder() / "kernels" / kernel();
  INFO("ctest boots the kernel: ctest -R 'vm:boot " + kernel() + "'");
  REQUIRE(fs::exists(folder / "release"));
  return folder;
}

}  // namespace

std::string kernel() {
  const char* name = std::getenv("SHMPATH_TEST_KERNEL");
  INFO("SHMPATH_TEST_KERNEL names no kernel");
  REQUIRE(name != nullptr);
  return name;
}

fs::path vm_folder() { return fs::path(live::labs_folder()).parent_path() / "vm"; }

std::vector<std::string> labs() {
  std::vector<std::string> numbers;
  for (const auto& folder : fs::directory_iterator(live::labs_folder())) {
    const std::string name = folder.path().filename().string();
    if (folder.is_directory() && name.size() > 3 && name[2] == '-')
      numbers.push_back(name.substr(0, 2));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

live::Outcome result(const std::string& name) {
  const fs::path folder = results_folder();
  CAPTURE(name);
  REQUIRE(fs::exists(folder / (name + ".status")));
  live::Outcome outcome;
  outcome.status = std::atoi(live::read_file(folder / (name + ".status")).c_str());
  outcome.out = live::read_file(folder / (name + ".out"));
  outcome.err = live::read_file(folder / (name + ".err"));
  return outcome;
}

live::Trace trace(const std::string& name) {
  const live::Outcome run = result(name);
  CAPTURE(name, run.status, run.err);
  live::Trace trace = live::read_trace(live::read_file(results_folder() / (name + ".jsonl")));
  REQUIRE(trace.problems == std::vector<std::string>{});
  return trace;
}

std::vector<Finding> findings(const std::string& checked) {
  static const std::regex step(R"(^  (step \d+) \((\w+)\): (.*)$)");
  static const std::regex only_step(R"(^  (step \d+): (.*)$)");
  static const std::regex line(
      R"(^    (user|syscall|kernel) +(\S+) .*?\b((observed|renamed to|inlined into|partly inlined|not) *.*)$)");
  std::vector<Finding> all;
  std::string program, now;
  std::istringstream lines(checked);
  std::smatch match;
  for (std::string text; std::getline(lines, text);) {
    if (std::regex_match(text, match, step)) {
      now = match[1].str() + ": " + match[3].str();
      program = match[2];
    } else if (std::regex_match(text, match, only_step)) {
      now = match[1].str() + ": " + match[2].str();
      program.clear();
    } else if (std::regex_match(text, match, line)) {
      all.push_back({program, now, match[1], match[2], match[3]});
    } else if (text.starts_with("    ") && text.find_first_not_of(' ') == 4) {
      all.push_back({program, now, "", text, "not understood"});
    }
  }
  return all;
}

std::set<std::string> excused(const std::string& file) {
  std::set<std::string> entries;
  std::istringstream lines(live::read_file(live::source_folder() / "tests/vm" / file));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    const auto colon = line.find(':');
    INFO("write `what kernel...: reason` in " + file + ": " + line);
    REQUIRE(colon != std::string::npos);
    REQUIRE(line.find_first_not_of(' ', colon + 1) != std::string::npos);
    std::istringstream words(line.substr(0, colon));
    const int names = file == "absent.txt" ? 1 : 3;
    std::string what, word;
    for (int i = 0; i < names && words >> word; ++i) what += (i > 0 ? " " : "") + word;
    while (words >> word)
      if (word == kernel()) entries.insert(what);
  }
  return entries;
}

}  // namespace vm
