// SPDX-License-Identifier: BSD-2-Clause
//
// A student's work, assessed again and again by one judge, with the progress kept.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "classroom/assess.h"
#include "classroom/exercise_folder.h"
#include "classroom/exercise_text.h"

namespace shmpath {

struct Checked {
  Assessment assessment;
  std::vector<std::string> met_before;  // at the check before, if there was one
  bool first = true;
  std::string said;  // what went wrong on the side
};

// How one begins: by start_judge, or a test's own.
using JudgeStart = std::function<std::unique_ptr<Judge>()>;

class Checker {
 public:
  // All that is given outlives it.
  Checker(const Workplace& work, const Catalogue& catalogue, std::string view, JudgeStart start);
  // Throws Failure when the judge cannot begin, the folder cannot be read, or we are to stop.
  Checked check();

 private:
  const Workplace& work_;
  const Catalogue& catalogue_;
  std::string view_;
  JudgeStart start_;
  StudentFolder folder_;
  std::unique_ptr<Judge> judge_;
};

// "checked in 1.2 s: built in 0.9 s, run in 0.2 s, Linux 6.12.117"
std::string times_text(const Assessment& assessment, double seconds, const ExerciseStyle& style);

}  // namespace shmpath
