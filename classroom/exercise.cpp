// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "classroom/exercise_folder.h"
#include "tracer/failure.h"
#include "tracer/screen_text.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

// "best 7 of 10", of the exercise's folder here; "" where it was not begun.
std::string best_here(const ExerciseKit& kit, const ExerciseStyle& style) {
  const std::string id = kit.exercise.id();
  std::error_code error;
  const fs::path path = fs::is_directory(id, error) ? fs::path(id) : fs::path(".");
  const auto text = StudentFolder(path).read(progress_file, progress_limit);
  const auto progress = text ? parse_progress(*text) : std::nullopt;
  if (!progress || progress->exercise != id) return "";
  if (progress->attempts == 0) return style.say("begun", "已开始");
  return style.chinese ? fmt::format("最好 {}/{}", progress->best, progress->of)
                       : fmt::format("best {} of {}", progress->best, progress->of);
}

std::string row(const ExerciseKit& kit, const ExerciseStyle& style) {
  const Exercise& exercise = kit.exercise;
  std::string facts = style.chinese ? fmt::format("{} 分", exercise.points)
                                    : fmt::format("{} points", exercise.points);
  if (!exercise.needs.empty())
    facts += fmt::format("{}{}", style.say(", needs ", "，需要 "), fmt::join(exercise.needs, ", "));
  const std::string best = best_here(kit, style);
  if (!best.empty()) facts += style.say("; ", "；") + best;
  return fmt::format("{:<24} {}  [{}]\n", exercise.id(), style.say(exercise.title), facts);
}

int list_exercises(const Options& options, const std::vector<ExerciseKit>& kits) {
  const ExerciseStyle style = exercise_style(options);
  if (options.list_names) {
    for (const ExerciseKit& kit : kits)
      fmt::print("{:<24} {}\n", kit.exercise.id(), style.say(kit.exercise.title));
    return 0;
  }
  for (const ExerciseKit& kit : kits) fmt::print("{}", row(kit, style));
  const CheckMachine machine = this_check_machine("");
  std::vector<std::pair<std::string, std::string>> places;  // what, and the numbers of which
  for (const ExerciseKit& kit : kits) {
    const std::string text = place_text(find_check_place(kit.exercise, machine, {}), style.chinese);
    const std::string number = fmt::format("{:02}", kit.exercise.number);
    const auto known = std::ranges::find(places, text, &std::pair<std::string, std::string>::first);
    if (known == places.end())
      places.emplace_back(text, number);
    else
      known->second += ", " + number;
  }
  fmt::print("{}", style.say("\nThis machine checks them:\n", "\n这台机器这样检查：\n"));
  for (const auto& [text, numbers] : places)
    fmt::print(
        "{}", paragraph(strip_controls(fmt::format("{}: {}", numbers, text)), style.columns, "  "));
  return 0;
}

int start_exercise(const Options& options, const std::vector<ExerciseKit>& kits) {
  const ExerciseStyle style = exercise_style(options);
  const ExerciseKit& kit = find_exercise(kits, options.exercise.which);
  const std::string& asked = options.exercise.folder;
  const StudentFolder folder = StudentFolder::make(asked.empty() ? kit.exercise.id() : asked);
  for (const SubmissionFile& file : handed_out(kit)) folder.write(file.name, file.bytes);
  ExerciseProgress progress;
  progress.exercise = kit.exercise.id();
  progress.of = kit.exercise.points;
  folder.write(progress_file, progress_text(progress));
  const std::string name = strip_controls(asked.empty() ? kit.exercise.id() : asked);
  fmt::print("{}  {}\n", kit.exercise.id(), style.say(kit.exercise.title));
  for (const SubmissionFile& file : handed_out(kit)) fmt::print("  {}/{}\n", name, file.name);
  const char* readme = style.say("README.md", "README.zh.md");
  fmt::print(fmt::runtime(
                 style.say("\nRead {0}/{1}, then:\n"
                           "  cd {0}\n"
                           "  shmpath exercise check    what the kernel saw, and what it is worth\n"
                           "  shmpath exercise watch    the same after each save\n"
                           "  shmpath exercise hint     when you are stuck\n",
                           "\n先读 {0}/{1}，然后：\n"
                           "  cd {0}\n"
                           "  shmpath exercise check    内核看到了什么，得几分\n"
                           "  shmpath exercise watch    每次保存后再检查\n"
                           "  shmpath exercise hint     卡住时看提示\n")),
             name, readme);
  return 0;
}

void print_hint(const Hint& hint, std::size_t count, const ExerciseStyle& style) {
  const std::string first = style.chinese ? fmt::format("提示 {}/{}：", hint.level, count)
                                          : fmt::format("Hint {} of {}: ", hint.level, count);
  fmt::print("{}", paragraph(strip_controls(style.say(hint.text)), style.columns, first));
}

// The levels to show, and the highest that was shown by now.
std::vector<unsigned> hint_levels(const ExerciseOptions& asked, const Exercise& exercise,
                                  unsigned& shown) {
  const auto count = static_cast<unsigned>(exercise.hints.size());
  if (asked.level && *asked.level > count)
    throw Failure(fmt::format("--level {}", *asked.level),
                  fmt::format("{} has {} hints", exercise.id(), count),
                  fmt::format("give a level from 1 to {}", count));
  std::vector<unsigned> levels;
  if (asked.all)
    for (unsigned level = 1; level <= count; level++) levels.push_back(level);
  else if (asked.level || shown < count)
    levels.push_back(asked.level.value_or(shown + 1));
  for (const unsigned level : levels) shown = std::max(shown, level);
  return levels;
}

int print_hints(const Options& options, const Exercise& exercise, unsigned& shown) {
  const ExerciseStyle style = exercise_style(options);
  const std::size_t count = exercise.hints.size();
  const auto levels = hint_levels(options.exercise, exercise, shown);
  for (const Hint& hint : exercise.hints)
    if (std::ranges::find(levels, hint.level) != levels.end()) print_hint(hint, count, style);
  if (levels.empty())
    fmt::print("{}", style.say("All hints have been shown: --all shows them again\n",
                               "提示都看过了：--all 再看一遍\n"));
  return 0;
}

int give_hint(const Options& options, const std::vector<ExerciseKit>& kits) {
  std::optional<Workplace> work;
  try {
    work.emplace(find_workplace(kits, options.exercise.which));
  } catch (const Failure&) {
    if (options.exercise.which.empty()) throw;
  }
  unsigned shown = 0;
  if (!work) {  // not begun: there is nothing to remember it in
    return print_hints(options, find_exercise(kits, options.exercise.which).exercise, shown);
  }
  const StudentFolder folder(work->folder);
  std::string said;
  ExerciseProgress progress = load_progress(folder, work->kit, said);
  const int status = print_hints(options, work->kit.exercise, progress.hints);
  save_progress(folder, progress, said);
  tell(said);
  return status;
}

}  // namespace

void tell(const std::string& said) {
  for (const std::string& line : lines_of(said))
    fmt::print(stderr, "shmpath: {}\n", strip_controls(line));
}

ExerciseStyle exercise_style(const Options& options) {
  const char* no_color = getenv("NO_COLOR");
  const bool fits = isatty(STDOUT_FILENO) && !(no_color && *no_color);
  return {options.chinese(), options.colour == "always" || (options.colour == "auto" && fits),
          output_columns()};
}

CheckPlace require_place(const ExerciseKit& kit, const ExerciseOptions& asked) {
  CheckPlace place = find_check_place(kit.exercise, this_check_machine(asked.kernel),
                                      {asked.place, asked.view, asked.kernel});
  if (place.found()) return place;
  throw Failure("cannot check " + kit.exercise.id() + " here", place.why,
                "shmpath doctor says what is missing, and what mends it");
}

std::string first_line(const ExerciseKit& kit, const CheckPlace& place,
                       const ExerciseStyle& style) {
  const std::string text =
      kit.exercise.id() + style.say(": ", "：") + place_text(place, style.chinese);
  return paragraph(strip_controls(text), style.columns, "") + "\n";
}

int run_exercise(const Options& options) {
  const std::vector<ExerciseKit> kits = load_exercises(options.exercise.kits);
  switch (options.exercise.word) {
    case ExerciseWord::list:
      return list_exercises(options, kits);
    case ExerciseWord::start:
      return start_exercise(options, kits);
    case ExerciseWord::check:
      return check_exercise(options, kits);
    case ExerciseWord::hint:
      return give_hint(options, kits);
    case ExerciseWord::watch:
      return watch_exercise(options, kits);
    case ExerciseWord::reset:
      return reset_exercise(options, kits);
  }
  return exit_failure;
}

}  // namespace shmpath
