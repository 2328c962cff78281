// SPDX-License-Identifier: BSD-2-Clause
//
// A student's folder. Everything is done with the rights of the person who asked (tracer/target.h),
// no link in it is followed, and no file is written over another.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "classroom/exercise_progress.h"
#include "classroom/exercises.h"
#include "tracer/fd.h"

namespace shmpath {

class StudentFolder {
 public:
  // Throws Failure when there is none, or it may not be read.
  explicit StudentFolder(std::filesystem::path path);
  // A new one. Throws Failure when there is something already.
  static StudentFolder make(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }  // whole, without links
  // Nothing, and errno, when that is no file or has more bytes.
  std::optional<std::string> read(const std::string& name, std::size_t limit) const;
  bool has(const std::string& name) const;  // whatever it is
  // Throws Failure when the name is taken.
  void write(const std::string& name, const std::string& bytes) const;
  // In the place of what has the name.
  void replace(const std::string& name, const std::string& bytes) const;
  // Renames it to NAME~1~, or the next that is free. Its new name.
  std::string set_aside(const std::string& name) const;

 private:
  std::filesystem::path path_;
  Fd fd_;
};

// An exercise and the folder of it that is meant.
struct Workplace {
  const ExerciseKit& kit;
  std::filesystem::path folder;
};

// `which`: as find_exercise has it (./NN-name, or the current folder), or a folder; "" is the
// current one. A folder is known by its progress file, else by its name. Throws Failure.
Workplace find_workplace(const std::vector<ExerciseKit>& kits, const std::string& which);

// The progress in the folder; new where there is none. What is none, or is another exercise's, is
// set aside, and `said` tells so.
ExerciseProgress load_progress(const StudentFolder& folder, const ExerciseKit& kit,
                               std::string& said);
// False, and `said` tells why, where it cannot be kept.
bool save_progress(const StudentFolder& folder, const ExerciseProgress& progress,
                   std::string& said);

// What a student begins with: the sources, the texts, the Makefile.
std::vector<SubmissionFile> handed_out(const ExerciseKit& kit);

}  // namespace shmpath
