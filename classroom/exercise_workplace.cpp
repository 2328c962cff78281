// SPDX-License-Identifier: BSD-2-Clause
//
// Which exercise is meant, and where.
#include <fmt/format.h>

#include "classroom/exercise_folder.h"
#include "tracer/failure.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

const ExerciseKit* kit_named(const std::vector<ExerciseKit>& kits, const std::string& id) {
  for (const ExerciseKit& kit : kits)
    if (kit.exercise.id() == id) return &kit;
  return nullptr;
}

// The exercise whose folder this is; none where nothing says so.
const ExerciseKit* kit_of(const std::vector<ExerciseKit>& kits, const StudentFolder& folder) {
  const auto text = folder.read(progress_file, progress_limit);
  const auto progress = text ? parse_progress(*text) : std::nullopt;
  if (progress)
    if (const ExerciseKit* kit = kit_named(kits, progress->exercise)) return kit;
  return kit_named(kits, folder.path().filename());
}

Workplace in_folder(const std::vector<ExerciseKit>& kits, const fs::path& path) {
  const StudentFolder folder(path);
  if (const ExerciseKit* kit = kit_of(kits, folder)) return {*kit, folder.path()};
  throw Failure("cannot tell which exercise is in " + strip_controls(folder.path().string()),
                "it has neither a progress file nor the name of an exercise",
                "go to the folder that shmpath exercise start made, or name it");
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

}  // namespace

Workplace find_workplace(const std::vector<ExerciseKit>& kits, const std::string& which) {
  const bool path = which.find('/') != std::string::npos || which == "." || which == "..";
  if (which.empty() || path) return in_folder(kits, which.empty() ? "." : which);
  const ExerciseKit* kit = nullptr;
  try {
    kit = &find_exercise(kits, which);
  } catch (const Failure&) {
    if (is_folder(which)) return in_folder(kits, which);
    throw;
  }
  const std::string id = kit->exercise.id();
  if (is_folder(id)) return {*kit, StudentFolder(id).path()};
  const StudentFolder here(".");
  if (kit_of(kits, here) == kit) return {*kit, here.path()};
  throw Failure("cannot find exercise " + id, "there is no folder " + id + " here",
                "begin with shmpath exercise start " + id.substr(0, 2) +
                    ", or go to the folder that it made");
}

}  // namespace shmpath
