// SPDX-License-Identifier: BSD-2-Clause
//
// The command line, as DESIGN section 4 has it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tracer/options_exercise.h"
#include "tracer/options_grade.h"

namespace shmpath {

enum class Command {
  none,
  list,
  run,
  trace,
  check,
  replay,
  explain,
  doctor,
  grade,
  vm_run,
  vm_shell,
  vm_fetch,
  vm_list,
  vm_agent,
  exercise,
  judge,
  judge_runs
};

struct Options {
  Command command = Command::none;
  int status = 0;  // with `none`: what to exit with
  std::string lab;
  std::string file;         // to replay; "-": standard input. judge-runs: its plan
  std::string name;         // to explain; "": list all names
  bool list_names = false;  // explain; list: and nothing of the machine
  bool json = false;        // doctor
  std::vector<std::string>
      words;  // the program to trace or run, with its arguments; vm fetch: versions
  std::optional<pid_t> pid;
  std::string place = "auto", view = "auto", format = "tree", output, lang = "en", colour = "auto",
              labs;
  std::string record;  // run, trace, replay: the trace file that is written beside; "": none
  std::string why;     // why there and in that view, once that is chosen
  std::optional<unsigned> depth;  // tree: calls deeper than this are hidden
  std::uint64_t min_ns = 0;       // tree: and those that take less
  std::vector<std::string> only;  // tree: globs of what is shown; none: all
  bool explain = false;           // tree: with a sentence for each name
  unsigned width = 0;             // of the terminal that the trace goes to; 0: asked of it
  bool no_follow = false;
  bool confined = false, ahead = false;  // judge
  bool step = false;                     // run: wait before each step, and ask
  std::size_t buffer_bytes = 1 << 25;
  bool verify_stacks = false;
  std::vector<std::string> functions;  // of the kernel: only these are probed; none: all
  std::string attach = "auto";         // how kernel functions are probed
  std::string kernel;                  // of the VM; "": the default
  unsigned timeout_s = 600;            // vm run; 0: no limit
  unsigned memory_mib = 1024;          // of the VM
  unsigned processors = 1;             // of the VM
  ExerciseOptions exercise;
  bool grading = false;  // vm run: in the grading profile
  GradeOptions grade;
  bool chinese() const { return lang == "zh"; }
};

// Prints help or the version itself. Throws Failure for what it does not understand.
Options parse_options(int argc, char** argv);

}  // namespace shmpath
