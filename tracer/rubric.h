// SPDX-License-Identifier: BSD-2-Clause
//
// What a submission of an exercise is worth: each line of the rubric is a question to the one trace
// of its run, and to what was found when it was over. Pure: it is given the events and the facts.
// The format of the file is described in docs/writing-exercises.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tracer/event.h"
#include "tracer/flow.h"
#include "tracer/observe.h"
#include "tracer/render.h"

namespace shmpath {

// One start of one program. They begin in this order, each after the end of those before it but for
// those that run `beside` the next.
struct ExerciseRun {
  std::string name;     // what the rubric calls it
  std::string program;  // the file that is executed
  std::vector<std::string> args;
  bool beside = false;
};

struct Hint {
  unsigned level = 0;
  Text text;
};

enum class CheckKind {
  call,
  faults,
  order,
  same_object,
  nothing_left,
  no_copy,
  forbidden,
  exit,
  output,
  tally
};
enum class Within { thread, run, trace };

// One line: a check, what it is about, and what it is worth. Which fields count depends on the
// check.
struct RubricLine {
  std::string id;
  CheckKind check = CheckKind::call;
  unsigned points = 0;
  bool hidden = false;      // the student's copy of the file is without it
  Text text, failed;        // what is asked for; what to think of when it was not met
  std::string lab;          // that explains it, "" for none
  std::vector<Rule> given;  // must be met for the line to say anything: an absence proves no work
  std::vector<Rule> see;    // call, faults (the mapping), order, same_object, forbidden, tally
  std::vector<std::string> value;  // same_object: the argument to compare, "ret" for the result
  bool differ = false;             // same_object: must be two objects instead
  Within within = Within::trace;   // order
  std::vector<std::string> runs;   // nothing_left, no_copy, exit, output, tally
  std::string object, name;        // nothing_left: "file", "segment" or "process"; a glob
  std::size_t bytes = 0;           // no_copy: the size of the payload
  std::optional<unsigned> code, signal;  // exit
  std::vector<std::string> lines;        // output: a glob for each line that must be there
  std::string row;                       // tally: words of a line, two are {pid} and {count}
  std::optional<std::size_t> top;        // tally: so many rows, the largest counts first
  std::size_t min = 0;                   // faults, tally
  std::optional<std::size_t> max;        // faults; call has them in its rules
};

struct Exercise {
  unsigned number = 0;
  std::string name;  // "repair-a-leak"
  Text title;
  unsigned points = 0, hidden_points = 0;  // hidden_points: of lines that this copy leaves out
  std::vector<std::string> programs;
  std::vector<std::string> views;  // those in which every line can be answered
  std::vector<std::string> needs;  // "root", "bpf", "vm"
  unsigned seconds = 3;            // that the runs may take on a machine of ordinary speed
  std::vector<ExerciseRun> runs;
  std::vector<Hint> hints;
  std::vector<RubricLine> lines;
  std::string id() const;  // "01-repair-a-leak"
};

// What was there after the runs and not before, as the runner found it.
struct LeftBehind {
  std::string kind;  // "file", "segment", "process"
  std::string name;  // its path, or its id
};

struct RunFacts {
  std::map<std::string, std::string> output;  // by run: what it wrote to standard output
  std::vector<LeftBehind> left;
};

struct LineScore {
  const RubricLine* line = nullptr;
  bool met = false;
  unsigned points = 0;              // the line's, or 0
  std::string expected, seen;       // when it was not met
  std::vector<std::string> around;  // the trace about there, as lines of the tree
};

struct Score {
  std::string reason;  // why there is none; then `lines` is empty
  unsigned points = 0, of = 0;
  std::vector<LineScore> lines;
};

// The trace of all runs. Its first process starts each as a child of its own.
struct GradedTrace {
  const std::vector<Event>& events;
  std::string view;
  bool complete = true;
  std::string gaps;  // what is missing when it is not complete
};

// The processes of the runs: the children of the first process, in the order of their forks, that
// execute the program of the next run.
std::map<pid_t, std::string> run_processes(const std::vector<Event>& events,
                                           const std::vector<ExerciseRun>& runs);

// A copy with "{nonce}" and "{payload}" filled in everywhere. Throws Failure unless both are made
// of lower-case letters and digits: they stand in globs.
Exercise with_nonce(const Exercise& exercise, const std::string& nonce, const std::string& payload);

// Both outlive the score. `functions`: as for check_rule. Give the exercise with its nonce.
Score grade(const Exercise& exercise, const GradedTrace& trace, const RunFacts& facts,
            const std::map<std::string, KernelFunction>& functions);

}  // namespace shmpath
