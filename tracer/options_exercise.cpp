// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/options_exercise.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "tracer/failure.h"
#include "tracer/options.h"
#include "tracer/options_vm.h"

namespace shmpath {
namespace {

constexpr const char* which_text = "01, repair-a-leak, or a folder (the current one)";

void add_place(CLI::App* app, ExerciseOptions& exercise) {
  app->add_option("--place", exercise.place, "Where to run it: host, vm or auto")
      ->check(CLI::IsMember({"host", "vm", "auto"}));
  app->add_option("--view", exercise.view,
                  "How to observe the kernel: functions, tracepoints, syscalls or auto")
      ->check(CLI::IsMember({"functions", "tracepoints", "syscalls", "auto"}));
  add_kernel(app, exercise.kernel);
}

void add_showing(CLI::App* app, Options& options) {
  app->add_option("--color", options.colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_start(CLI::App* app, ExerciseOptions& exercise) {
  app->add_option("EXERCISE", exercise.which, "01, repair-a-leak or 01-repair-a-leak")->required();
  app->add_option("DIR", exercise.folder, "The folder to make (./NN-name)");
}

void add_check(CLI::App* app, Options& options) {
  app->add_option("EXERCISE", options.exercise.which, which_text);
  app->add_flag("--json", options.json, "What was found, as one JSON object");
  add_place(app, options.exercise);
  add_showing(app, options);
  app->footer("Exit status: 0, every line is met; 1, not every one; 125, shmpath could not check");
}

void add_hint(CLI::App* app, ExerciseOptions& exercise) {
  app->add_option("EXERCISE", exercise.which, which_text);
  auto* level = app->add_option("--level", exercise.level, "The hint of this level")
                    ->type_name("N")
                    ->check(CLI::Range(1U, 9U));
  app->add_flag("--all", exercise.all, "All hints")->excludes(level);
}

void add_reset(CLI::App* app, ExerciseOptions& exercise) {
  app->add_option("EXERCISE", exercise.which, which_text);
  app->add_flag("--yes", exercise.yes, "Do not ask");
  app->add_flag("--objects", exercise.objects, "Only what its programs left, no files");
}

}  // namespace

const CLI::App* add_exercise(CLI::App& app, Options& options) {
  CLI::App* exercise = app.add_subcommand("exercise", "Exercises: get one, work on it, check it");
  exercise->require_subcommand(1);
  exercise->add_option("--exercises", options.exercise.kits, "Folder of the exercises")
      ->type_name("DIR");
  auto add = [&](const char* word, const char* what) {
    CLI::App* one = exercise->add_subcommand(word, what);
    one->add_option("--lang", options.lang, "Language of explanations: en or zh")
        ->check(CLI::IsMember({"en", "zh"}));
    return one;
  };
  add("list", "The exercises, what they are worth, and what can check them here")
      ->add_flag("--names", options.list_names,
                 "Names and titles only, at once: the machine is not looked at");
  add_start(add("start", "Put an exercise into a new folder"), options.exercise);
  add_check(add("check", "Build it, run it, and say which lines of the rubric are met"), options);
  add_hint(add("hint", "The next hint"), options.exercise);
  CLI::App* watch = add("watch", "Check again after each save, until Ctrl-C");
  watch->add_option("EXERCISE", options.exercise.which, which_text);
  add_place(watch, options.exercise);
  add_showing(watch, options);
  add_reset(add("reset", "Put the files back, and remove what its programs left"),
            options.exercise);
  return exercise;
}

void take_exercise(Options& options, const CLI::App& exercise) {
  if (!exercise.parsed()) return;
  options.command = Command::exercise;
  constexpr std::pair<const char*, ExerciseWord> words[] = {
      {"list", ExerciseWord::list}, {"start", ExerciseWord::start}, {"check", ExerciseWord::check},
      {"hint", ExerciseWord::hint}, {"watch", ExerciseWord::watch}, {"reset", ExerciseWord::reset}};
  for (const auto& [name, word] : words)
    if (exercise.get_subcommand(name)->parsed()) options.exercise.word = word;
  ExerciseOptions& asked = options.exercise;
  if (asked.kernel.empty()) return;
  if (asked.place == "host")
    throw Failure("--kernel " + asked.kernel, "the host has the kernel that it has",
                  "leave out --place host");
  asked.place = "vm";
}

}  // namespace shmpath
