// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercises.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/flow.h"
#include "tracer/rubric_file.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

std::string read_needed(const fs::path& file) {
  auto bytes = read_file(file);
  if (!bytes)
    throw Failure("cannot read " + file.string(), strerror(errno), "install shmpath again");
  return *bytes;
}

bool is_handed_out(const fs::path& file) {
  const std::string kind = file.extension();
  if (file.string().ends_with(".skel.h")) return false;  // was built there
  return kind == ".cpp" || kind == ".c" || kind == ".h" || kind == ".md";
}

ExerciseKit load_kit(const fs::path& folder) {
  ExerciseKit kit;
  kit.folder = folder;
  kit.rubric_bytes = read_needed(folder / "exercise.toml");
  kit.exercise = parse_exercise(kit.rubric_bytes, folder / "exercise.toml");
  kit.makefile = {"Makefile", read_needed(folder / "Makefile")};
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && is_handed_out(entry.path()))
      kit.handout.push_back({entry.path().filename(), read_needed(entry.path())});
  std::ranges::sort(kit.handout, {}, &SubmissionFile::name);
  return kit;
}

}  // namespace

fs::path exercises_folder(const fs::path& asked) {
  return asked.empty() ? fs::path(labs_folder("")).parent_path() / "exercises" : asked;
}

std::vector<ExerciseKit> load_exercises(const fs::path& asked) {
  const fs::path folder = exercises_folder(asked);
  std::vector<ExerciseKit> kits;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (fs::exists(entry.path() / "exercise.toml")) kits.push_back(load_kit(entry.path()));
  if (kits.empty())
    throw Failure("cannot find the exercises", "none in " + folder.string(),
                  "name their folder with --exercises DIR");
  std::ranges::sort(kits, {}, [](const ExerciseKit& kit) { return kit.exercise.number; });
  return kits;
}

const ExerciseKit* exercise_named(const std::vector<ExerciseKit>& kits, const std::string& name) {
  const auto kit = std::ranges::find_if(kits, [&](const ExerciseKit& one) {
    const Exercise& exercise = one.exercise;
    return name == exercise.id() || name == exercise.name ||
           name == fmt::format("{}", exercise.number) ||
           name == fmt::format("{:02}", exercise.number);
  });
  return kit == kits.end() ? nullptr : &*kit;
}

const ExerciseKit& find_exercise(const std::vector<ExerciseKit>& kits, const std::string& name) {
  if (const ExerciseKit* kit = exercise_named(kits, name)) return *kit;
  std::vector<std::string> known;
  known.reserve(kits.size());
  for (const ExerciseKit& kit : kits) known.push_back(kit.exercise.id());
  throw Failure("unknown exercise " + name,
                fmt::format("the exercises are {}", fmt::join(known, ", ")),
                "see shmpath exercise list");
}

}  // namespace shmpath
