// SPDX-License-Identifier: BSD-2-Clause
//
// A small exercise, a class on disk, and grades, for the tests of the grader.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "classroom/grade.h"
#include "tests/catch.h"

namespace shmpath {

// Gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "shmpath-grade-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  std::filesystem::path path_;
};

inline ExerciseKit small_kit(unsigned number, const std::string& name) {
  ExerciseKit kit;
  kit.exercise.number = number;
  kit.exercise.name = name;
  kit.exercise.title = {"A title", "标题"};
  kit.exercise.points = 10;
  for (const char* id : {"one", "two", "secret"}) {
    RubricLine& line = kit.exercise.lines.emplace_back();
    line.id = id;
    line.text = {std::string("Asks for ") + id, std::string("要求 ") + id};
    line.points = line.id == "two" ? 4 : 3;
    line.hidden = line.id == "secret";
  }
  kit.makefile = {"Makefile", "all:\n"};
  kit.rubric_bytes = "number = " + std::to_string(number);
  return kit;
}

// "leak" and "ring", 1 and 2.
inline std::vector<ExerciseKit> small_kits() {
  return {small_kit(1, "leak"), small_kit(2, "ring")};
}

// Graded; all lines are met but those of these names.
inline Assessment grade_without(const Exercise& exercise, const std::vector<std::string>& lost) {
  Assessment assessment = no_grade(exercise, "", false);
  assessment.graded = true;
  assessment.place = "vm";
  assessment.view = "functions";
  assessment.kernel = "6.12.0";
  for (AssessedLine& line : assessment.lines) {
    line.met = std::find(lost.begin(), lost.end(), line.id) == lost.end();
    if (line.met) {
      line.points = line.worth;
      assessment.points += line.points;
      continue;
    }
    line.expected = "1 call of shm_unlink";
    line.seen = "none";
    line.failed = {"think of " + line.id, "想想 " + line.id};
    line.around = {"shm_open(\"/x\") = 3", "close(3) = 0"};
    line.lab = "01-posix-shm";
  }
  return assessment;
}

}  // namespace shmpath
