// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise_leaks.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace shmpath {
namespace {

constexpr std::string_view shared_memory = "/dev/shm/", nonce_mark = "{nonce}",
                           payload_mark = "{payload}";

bool matches(const std::string& path, const std::vector<std::string>& globs) {
  return std::ranges::any_of(globs, [&](const std::string& glob) {
    return fnmatch(glob.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
  });
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

// The program lies in the student's folder, or bears a check's nonce: a check builds elsewhere.
bool is_ours(const FoundProcess& process, const LeakQuestion& question) {
  if (process.program.starts_with(question.folder + "/")) return true;
  constexpr std::string_view gone = " (deleted)";
  std::string name = std::filesystem::path(process.program).filename();
  if (name.ends_with(gone)) name.resize(name.size() - gone.size());
  return has(question.programs, name) &&
         std::ranges::any_of(process.args,
                             [&](const std::string& arg) { return has(question.nonces, arg); });
}

// The text with a star for each nonce and payload.
std::string as_glob(std::string_view text) {
  std::string glob;
  while (!text.empty()) {
    const bool nonce = text.starts_with(nonce_mark);
    const bool mark = nonce || text.starts_with(payload_mark);
    glob += mark ? '*' : text[0];
    text.remove_prefix(nonce ? nonce_mark.size() : mark ? payload_mark.size() : 1);
  }
  return glob;
}

void add_glob(const std::string& text, std::vector<std::string>& globs) {
  constexpr std::size_t least = 4;  // letters that are no nonce
  const std::string name = as_glob(text);
  if (!name.starts_with(shared_memory) || name.find('/', shared_memory.size()) != std::string::npos)
    return;
  const std::string file = name.substr(shared_memory.size());
  const auto fixed = std::ranges::count_if(
      file, [](char c) { return std::string_view("*?[]\\").find(c) == std::string_view::npos; });
  if (fixed >= static_cast<std::ptrdiff_t>(least) && file[0] != '*' && !has(globs, name))
    globs.push_back(name);
}

}  // namespace

Leaks choose_leaks(const FoundObjects& found, const LeakQuestion& question) {
  Leaks leaks;
  for (const FoundFile& file : found.files)
    if (question.owners.contains(file.owner) && matches(file.path, question.globs))
      leaks.ours.files.push_back(file);
  std::set<pid_t> ours, alive;
  for (const FoundProcess& process : found.processes) {
    alive.insert(process.pid);
    if (process.pid == question.self || !question.owners.contains(process.owner) ||
        !is_ours(process, question))
      continue;
    ours.insert(process.pid);
    leaks.ours.processes.push_back(process);
  }
  for (const FoundSegment& segment : found.segments) {
    if (!question.owners.contains(segment.owner)) continue;
    if (ours.contains(segment.maker))
      leaks.ours.segments.push_back(segment);
    else if (segment.attached == 0 && !alive.contains(segment.maker))
      leaks.unknown.push_back(segment);
  }
  return leaks;
}

std::vector<std::string> leak_globs(const Exercise& exercise) {
  std::vector<std::string> globs;
  for (const RubricLine& line : exercise.lines) {
    add_glob(line.name, globs);
    for (const std::vector<Rule>* rules : {&line.given, &line.see})
      for (const Rule& rule : *rules)
        for (const auto& [name, values] : rule.args)
          for (const std::string& value : values) add_glob(value, globs);
  }
  return globs;
}

}  // namespace shmpath
