// SPDX-License-Identifier: BSD-2-Clause
//
// A submission's points: judged, its trace read, and the rubric asked.
#pragma once

#include <string>
#include <vector>

#include "classroom/exercises.h"
#include "classroom/judge.h"
#include "tracer/flow.h"

namespace shmpath {

struct AssessedLine {
  std::string id;
  Text text;  // what is asked for
  unsigned points = 0, worth = 0;
  bool met = false, hidden = false;
  Text failed;                      // what to think of; when it was not met, as the rest
  std::string expected, seen;       //
  std::vector<std::string> around;  // of the trace
  std::string lab;                  // that explains it; "" for none
};

// Everything is printable: no control characters but line ends in `compiler`.
struct Assessment {
  std::string exercise;  // "03-sysv-lifetime"
  bool graded = false;   // else there are no points, and a reason that a student can act on
  bool again = false;    // no fault of the submission: it is to be graded another time
  std::string reason;
  unsigned points = 0, of = 0;
  unsigned hidden_points = 0;       // of lines that this kit does not have, or that were not asked
  std::vector<AssessedLine> lines;  // always all, in the rubric's order
  std::string compiler;             // what it said
  std::vector<std::string> left_out;  // files that were not taken, each with the reason
  std::string place, view, kernel;
  double build_s = 0, run_s = 0;
};

struct AssessOptions {
  bool with_hidden = true;  // a student's own check leaves hidden lines out
  std::string view = "auto";
  unsigned attempts = 3;  // at a trace that is complete
};

// Chooses a fresh nonce and payload for every attempt. Throws only when stopped by a signal.
Assessment assess(const ExerciseKit& kit, const Submission& submission, Judge& judge,
                  const Catalogue& catalogue, const AssessOptions& options);

// As the line of a result file, and back. Reading throws Failure for what is no assessment.
std::string assessment_json(const Assessment& assessment);
Assessment parse_assessment(const std::string& text, const std::string& name);

}  // namespace shmpath
