// SPDX-License-Identifier: BSD-2-Clause
//
// An assessment for the student whose work it is. Pure.
#pragma once

#include <string>
#include <vector>

#include "classroom/assess.h"

namespace shmpath {

struct ExerciseStyle {
  bool chinese = false, colour = false;
  std::size_t columns = 80;
  const std::string& say(const Text& text) const { return text.in(chinese); }
  const char* say(const char* en, const char* zh) const { return chinese ? zh : en; }
};

// Every line that was asked for is met.
bool all_met(const Assessment& assessment);
// The ids of the lines that are met.
std::vector<std::string> met_lines(const Assessment& assessment);

// All of it: line by line, what the compiler said, and the sum. Each line ends in a line end.
std::string assessment_text(const Assessment& assessment, const ExerciseStyle& style);

// What is otherwise than before, in a line or none: "now met: quit; no longer met: normal".
std::string change_text(const std::vector<std::string>& before,
                        const std::vector<std::string>& after, const ExerciseStyle& style);

}  // namespace shmpath
