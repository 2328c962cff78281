// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace shmpath {

enum class ExerciseWord { list, start, check, hint, watch, reset };

// What follows `shmpath exercise`.
struct ExerciseOptions {
  ExerciseWord word = ExerciseWord::list;
  std::string which;   // a number, a name or a folder; "": the current folder
  std::string folder;  // start: where to; "": ./NN-name
  std::string kits;    // the folder of the exercises; "": beside the labs
  std::string place = "auto", view = "auto", kernel;
  std::optional<unsigned> level;  // hint
  bool all = false;               // hint: every level
  bool yes = false;               // reset: do not ask
  bool objects = false;           // reset: the objects alone, no files
};

struct Options;

// Adds the command `exercise` with its words.
const CLI::App* add_exercise(CLI::App& app, Options& options);

// Once the command line is parsed. Throws Failure for options that contradict each other.
void take_exercise(Options& options, const CLI::App& exercise);

}  // namespace shmpath
