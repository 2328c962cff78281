// SPDX-License-Identifier: BSD-2-Clause
//
// The process that is traced: it starts each run itself, in order, for that is how these are told
// apart in the trace (run_processes). It knows of each no more than what it needs.
#pragma once

#include <string>
#include <vector>

#include "classroom/confine.h"
#include "tracer/rubric.h"

namespace shmpath {

struct RunsPlan {
  std::filesystem::path folder;
  std::vector<ExerciseRun> runs;
  std::vector<int> outputs;  // by run: the descriptor that takes its standard output
  std::vector<std::string> environment;
  Rights rights;
  int told = -1;  // gets one byte before the first run, and one after the last
};
std::string encode_plan(const RunsPlan& plan);

inline constexpr char runs_begin = 'b', runs_end = 'e';

// `shmpath judge-runs`: its plan comes by standard input. SIGTERM: no further run is started.
int start_judged_runs();

}  // namespace shmpath
