// SPDX-License-Identifier: BSD-2-Clause
//
// The exercises of the kit: what is handed out, and the rubric.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "classroom/submission.h"
#include "tracer/rubric.h"

namespace shmpath {

struct ExerciseKit {
  Exercise exercise;
  std::filesystem::path folder;         // exercises/NN-name
  std::vector<SubmissionFile> handout;  // the sources that a student begins with, and README*.md
  SubmissionFile makefile;              // what every submission is built with
  std::string rubric_bytes;             // exercise.toml as it is: another rubric, another grade
};

// The folder that is asked for; "": beside the labs (build tree, or installed).
std::filesystem::path exercises_folder(const std::filesystem::path& asked);

// All in that folder, by number. Throws Failure.
std::vector<ExerciseKit> load_exercises(const std::filesystem::path& asked);

// "03", "3", "sysv-lifetime" or "03-sysv-lifetime"; nullptr when there is none of that name.
const ExerciseKit* exercise_named(const std::vector<ExerciseKit>& kits, const std::string& name);

// The same; throws Failure that names those there are.
const ExerciseKit& find_exercise(const std::vector<ExerciseKit>& kits, const std::string& name);

}  // namespace shmpath
