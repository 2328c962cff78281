// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath exercise, for students: one function for each word. Each returns the exit status, and
// throws Failure for what ends it.
#pragma once

#include "classroom/exercise_place.h"
#include "classroom/exercise_text.h"
#include "classroom/exercises.h"
#include "tracer/options.h"

namespace shmpath {

int run_exercise(const Options& options);

int check_exercise(const Options& options, const std::vector<ExerciseKit>& kits);
int watch_exercise(const Options& options, const std::vector<ExerciseKit>& kits);
int reset_exercise(const Options& options, const std::vector<ExerciseKit>& kits);

// Of this terminal, where standard output is one.
ExerciseStyle exercise_style(const Options& options);

// Where to check. Throws Failure where that is nowhere.
CheckPlace require_place(const ExerciseKit& kit, const ExerciseOptions& asked);

// "01-repair-a-leak: on the host, functions view", above what was found there.
std::string first_line(const ExerciseKit& kit, const CheckPlace& place, const ExerciseStyle& style);

// What happened on the side, as it is to be told: on standard error.
void tell(const std::string& said);

}  // namespace shmpath
