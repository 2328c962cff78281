// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/rubric_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "tracer/failure.h"
#include "tracer/fields.h"

namespace shmpath {
namespace {

constexpr std::array<std::pair<const char*, CheckKind>, 10> checks{{
    {"call", CheckKind::call},
    {"faults", CheckKind::faults},
    {"order", CheckKind::order},
    {"same_object", CheckKind::same_object},
    {"nothing_left", CheckKind::nothing_left},
    {"no_copy", CheckKind::no_copy},
    {"forbidden", CheckKind::forbidden},
    {"exit", CheckKind::exit},
    {"output", CheckKind::output},
    {"tally", CheckKind::tally},
}};

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// One [[line]], with the exercise that it belongs to.
class LineReader {
 public:
  LineReader(const Table& table, const std::string& file, const Exercise& exercise)
      : fields_(table, file, "a line"), file_(file), exercise_(exercise) {}

  RubricLine read() {
    read_head();
    switch (line_.check) {
      case CheckKind::call:
        line_.see = rules("see", 1);
        break;
      case CheckKind::faults:
        read_faults();
        break;
      case CheckKind::order:
        read_order();
        break;
      case CheckKind::same_object:
        read_same_object();
        break;
      case CheckKind::nothing_left:
        read_nothing_left();
        break;
      case CheckKind::no_copy:
        read_no_copy();
        break;
      case CheckKind::forbidden:
        read_forbidden();
        break;
      case CheckKind::exit:
        read_exit();
        break;
      case CheckKind::output:
        line_.runs = runs(true);
        line_.lines = fields_.list("lines", true);
        break;
      case CheckKind::tally:
        read_tally();
        break;
    }
    fields_.done();
    return line_;
  }

 private:
  void read_head() {
    line_.id = fields_.text("id", true);
    const std::string check = fields_.text("check", true);
    const auto* known = std::ranges::find(checks, check, [](const auto& one) { return one.first; });
    if (known == checks.end()) {
      std::vector<std::string> names;
      names.reserve(checks.size());
      for (const auto& [name, _] : checks) names.emplace_back(name);
      fields_.fail(
          fmt::format("names the unknown check `{}`: there are {}", check, fmt::join(names, ", ")));
    }
    line_.check = known->second;
    line_.points = *fields_.number("points", true);
    if (line_.points == 0) fields_.fail("gives no points");
    line_.hidden = fields_.flag("hidden").value_or(false);
    line_.text = fields_.both("text", true);
    line_.failed = fields_.both("failed", true);
    line_.lab = fields_.text("lab");
    line_.given = rules("given", 0);
  }

  std::vector<Rule> rules(const char* key, std::size_t least) {
    std::vector<Rule> all;
    for (const Table* table : fields_.tables(key)) {
      all.push_back(parse_rule(Fields(*table, file_, fmt::format("a line.{}", key))));
      known_run(all.back().program);
    }
    if (all.size() < least) fields_.fail(fmt::format("needs {} or more [[line.{}]]", least, key));
    return all;
  }

  void known_run(const std::string& name) const {
    if (!name.empty() &&
        std::ranges::find(exercise_.runs, name, &ExerciseRun::name) == exercise_.runs.end())
      fields_.fail(fmt::format("names `{}`, which is no [[run]]", name));
  }

  // One run, or all that are named.
  std::vector<std::string> runs(bool one) {
    std::vector<std::string> names = fields_.list("run", true);
    for (const std::string& name : names) known_run(name);
    if (one && names.size() != 1) fields_.fail("needs one `run`");
    return names;
  }

  void read_faults() {
    line_.see = rules("see", 1);
    if (line_.see.size() != 1) fields_.fail("needs one [[line.see]]: the mapping");
    line_.min = fields_.number("min").value_or(0);
    const auto max = fields_.number("max");
    if (max) line_.max = *max;
    if (line_.min == 0 && !max) fields_.fail("needs `min` or `max`: it would always be met");
  }

  void read_order() {
    line_.see = rules("see", 2);
    const std::string within = fields_.text("within");
    if (!within.empty() && within != "thread" && within != "run" && within != "trace")
      fields_.fail("is `within` neither `thread` nor `run` nor `trace`");
    line_.within = within == "thread" ? Within::thread
                   : within == "run"  ? Within::run
                                      : Within::trace;
  }

  void read_same_object() {
    line_.see = rules("see", 2);
    line_.value = fields_.list("value", true);
    line_.differ = fields_.flag("differ").value_or(false);
    if (line_.value.size() != 1 && line_.value.size() != line_.see.size())
      fields_.fail("needs one `value`, or one for each [[line.see]]");
  }

  void read_nothing_left() {
    line_.runs = runs(false);
    line_.object = fields_.text("object", true);
    line_.name = fields_.text("name", line_.object == "file");
    if (line_.object != "file" && line_.object != "segment" && line_.object != "process")
      fields_.fail("has an `object` that is neither `file` nor `segment` nor `process`");
  }

  void read_no_copy() {
    line_.runs = runs(false);
    line_.bytes = *fields_.number("bytes", true);
    if (line_.given.empty())
      fields_.fail("needs a [[line.given]]: who does nothing copies nothing");
  }

  void read_forbidden() {
    line_.see = rules("see", 1);
    if (line_.given.empty())
      fields_.fail("needs a [[line.given]]: who does nothing does nothing forbidden");
    for (const Table* table : fields_.tables("see"))
      if (table->contains("min") || table->contains("max"))
        fields_.fail("is `forbidden`, and has a `min` or `max`");
  }

  void read_exit() {
    line_.runs = runs(true);
    line_.code = fields_.number("code");
    line_.signal = fields_.number("signal");
    if (line_.code.has_value() == line_.signal.has_value())
      fields_.fail("needs either `code` or `signal`");
  }

  void read_tally() {
    line_.runs = runs(true);
    line_.see = rules("see", 1);
    if (line_.see.size() != 1) fields_.fail("needs one [[line.see]]: what is counted");
    line_.row = fields_.text("row", true);
    for (const char* word : {" {pid} ", " {count} "})
      if ((" " + line_.row + " ").find(word) == std::string::npos)
        fields_.fail(fmt::format("needs the word{}in `row`", word));
    line_.min = *fields_.number("min", true);
    if (line_.min == 0) fields_.fail("has `min` 0: it would be met by no row");
    if (const auto top = fields_.number("top")) {
      line_.top = *top;
      if (*top < line_.min) fields_.fail("has a `top` that is less than its `min`");
    }
  }

  Fields fields_;
  const std::string& file_;
  const Exercise& exercise_;
  RubricLine line_;
};

ExerciseRun read_run(Fields fields, const Exercise& exercise) {
  ExerciseRun run;
  run.program = fields.text("program", true);
  run.name = fields.text("name");
  if (run.name.empty()) run.name = run.program;
  run.args = fields.list("args");
  run.beside = fields.flag("beside").value_or(false);
  if (!contains(exercise.programs, run.program))
    fields.fail(fmt::format("starts `{}`, which is not in `programs`", run.program));
  if (std::ranges::find(exercise.runs, run.name, &ExerciseRun::name) != exercise.runs.end())
    fields.fail(fmt::format("`{}` is there twice", run.name));
  fields.done();
  return run;
}

Hint read_hint(Fields fields, std::size_t so_far) {
  Hint hint;
  hint.level = *fields.number("level", true);
  if (hint.level != so_far + 1) fields.fail(fmt::format("should have level {}", so_far + 1));
  hint.text = fields.both("text", true);
  fields.done();
  return hint;
}

// What a line asks, without what it is worth and what it says.
Table question_of(const Table& line) {
  Table question = line;
  for (const char* key : {"id", "points", "hidden", "text", "failed", "lab"}) question.erase(key);
  return question;
}

void check_points(const Exercise& exercise, const Fields& fields) {
  unsigned sum = exercise.hidden_points;
  for (const RubricLine& line : exercise.lines) sum += line.points;
  if (sum != exercise.points)
    fields.fail(
        fmt::format("is worth {} points, and its lines add up to {}", exercise.points, sum));
}

void read_lines(Exercise& exercise, Fields& fields, const std::string& file) {
  std::vector<Table> questions;
  for (const Table* table : fields.tables("line")) {
    RubricLine line = LineReader(*table, file, exercise).read();
    const Fields here(*table, file, "a line");
    if (std::ranges::find(exercise.lines, line.id, &RubricLine::id) != exercise.lines.end())
      here.fail(fmt::format("`{}` is there twice", line.id));
    Table question = question_of(*table);
    for (std::size_t i = 0; i < questions.size(); i++)
      if (questions[i] == question)
        here.fail(fmt::format("`{}` asks what `{}` asks: it would be counted twice", line.id,
                              exercise.lines[i].id));
    questions.push_back(std::move(question));
    exercise.lines.push_back(std::move(line));
  }
}

void read_needs(Exercise& exercise, Fields& fields) {
  static const std::vector<std::string> all_views{"functions", "tracepoints", "syscalls"};
  exercise.views = fields.list("views", true);
  for (const std::string& view : exercise.views)
    if (!contains(all_views, view)) fields.fail(fmt::format("needs the unknown view `{}`", view));
  exercise.needs = fields.list("needs");
  for (const std::string& need : exercise.needs)
    if (need != "root" && need != "bpf" && need != "vm" && need != "udmabuf")
      fields.fail(fmt::format("needs the unknown `{}`", need));
  exercise.seconds = fields.number("seconds").value_or(exercise.seconds);
}

}  // namespace

Exercise parse_exercise(std::string_view text, const std::string& file) {
  const Table table = parse_table(text, file);
  Fields fields(table, file, "the exercise");
  Exercise exercise;
  exercise.number = *fields.number("number", true);
  exercise.name = fields.text("name", true);
  exercise.title = fields.both("title", true);
  exercise.points = *fields.number("points", true);
  exercise.hidden_points = fields.number("hidden_points").value_or(0);
  exercise.programs = fields.list("programs", true);
  read_needs(exercise, fields);
  for (const Table* run : fields.tables("run"))
    exercise.runs.push_back(read_run(Fields(*run, file, "a run"), exercise));
  if (exercise.runs.empty()) fields.fail("has no [[run]]");
  if (exercise.runs.back().beside) fields.fail("has a last run `beside` one that there is not");
  for (const Table* hint : fields.tables("hint"))
    exercise.hints.push_back(read_hint(Fields(*hint, file, "a hint"), exercise.hints.size()));
  read_lines(exercise, fields, file);
  fields.done();
  check_points(exercise, fields);
  return exercise;
}

}  // namespace shmpath
