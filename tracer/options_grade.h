// SPDX-License-Identifier: BSD-2-Clause
//
// The options of shmpath grade.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace shmpath {

struct Options;

struct GradeOptions {
  std::string folder;               // DIR/<student>/<NN-name>/
  unsigned jobs = 0;                // at once; 0: half of the processors
  unsigned shard = 1, shards = 1;   // 1 <= shard <= shards
  std::string report;               // "": none
  std::string results;              // "": in the folder
  std::string exercises;            // "": those of shmpath
  std::vector<std::string> only;    // exercises; none: all
  bool again = false;               // what has a result too
  bool merge = false;               // grade nothing, read the results of `merged`
  std::vector<std::string> merged;  // none: of `results`
};

// The subcommand. It fills in options.grade, options.output and options.kernel.
CLI::App* add_grade(CLI::App& app, Options& options);

// Throws Failure for what does not go together.
void check_grade_options(const Options& options);

}  // namespace shmpath
