// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "classroom/exercise.h"
#include "classroom/exercise_folder.h"
#include "classroom/exercise_leaks.h"
#include "tracer/failure.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr std::size_t largest_source = 1 << 20;

// The files that are not as they were handed out.
std::vector<SubmissionFile> changed_files(const StudentFolder& folder, const ExerciseKit& kit) {
  std::vector<SubmissionFile> changed;
  for (const SubmissionFile& file : handed_out(kit))
    if (folder.read(file.name, largest_source) != file.bytes) changed.push_back(file);
  return changed;
}

Leaks find_leaks(const StudentFolder& folder, const Exercise& exercise,
                 const std::vector<std::string>& nonces) {
  return choose_leaks(look_for_objects(), {folder.path(),
                                           leak_globs(exercise),
                                           exercise.programs,
                                           nonces,
                                           {geteuid(), invoking_user().uid},
                                           getpid()});
}

std::string plan_text(const StudentFolder& folder, const std::vector<SubmissionFile>& files,
                      const Leaks& leaks, const ExerciseStyle& style) {
  std::string text;
  for (const SubmissionFile& file : files)
    text += fmt::format("  {}: {}\n", file.name,
                        folder.has(file.name)
                            ? style.say("as handed out again; yours is kept beside it",
                                        "恢复为初始内容；你的版本另行保留")
                            : style.say("is missing, and comes back", "缺少，将恢复"));
  auto say = [&](const std::string& what) {
    text += fmt::format("  {}: {}\n", strip_controls(what), style.say("is removed", "将删除"));
  };
  for (const FoundProcess& process : leaks.ours.processes)
    say(fmt::format("process {} ({})", process.pid, process.program));
  for (const FoundFile& file : leaks.ours.files) say(file.path);
  for (const FoundSegment& segment : leaks.ours.segments)
    say(fmt::format("segment {} of {} bytes", segment.id, segment.bytes));
  return text;
}

bool agreed(const ExerciseStyle& style) {
  if (!isatty(STDIN_FILENO))
    throw Failure("cannot ask whether to go on", "standard input is no terminal", "give --yes");
  fmt::print("{}", style.say("Go on? [y/N] ", "继续吗？[y/N] "));
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "是";
}

void put_back(const StudentFolder& folder, const std::vector<SubmissionFile>& files,
              const ExerciseStyle& style) {
  for (const SubmissionFile& file : files) {
    std::string kept;
    if (folder.has(file.name)) kept = folder.set_aside(file.name);
    folder.write(file.name, file.bytes);
    const std::string what = kept.empty()
                                 ? style.say("is back", "已恢复")
                                 : style.say("is back; yours is ", "已恢复；你的版本是 ") + kept;
    fmt::print("{}: {}\n", file.name, what);
  }
}

// Segments whose maker has gone may be anybody's work.
void tell_unknown(const std::vector<FoundSegment>& segments, const ExerciseStyle& style) {
  if (segments.empty()) return;
  fmt::print("{}", style.say("Segments of yours that nobody has attached, and of whose program "
                             "nothing is known; they stay:\n",
                             "你的下列段没有任何挂接，也不知道是哪个程序创建的；它们保留：\n"));
  for (const FoundSegment& segment : segments)
    fmt::print("  {}\n",
               fmt::format(fmt::runtime(style.say("{} bytes: ipcrm -m {}", "{} 字节：ipcrm -m {}")),
                           segment.bytes, segment.id));
}

}  // namespace

int reset_exercise(const Options& options, const std::vector<ExerciseKit>& kits) {
  const ExerciseStyle style = exercise_style(options);
  const Workplace work = find_workplace(kits, options.exercise.which);
  const StudentFolder folder(work.folder);
  std::string said;
  const ExerciseProgress progress = load_progress(folder, work.kit, said);
  tell(said);
  std::vector<SubmissionFile> files;
  if (!options.exercise.objects) files = changed_files(folder, work.kit);
  const Leaks leaks = find_leaks(folder, work.kit.exercise, progress.nonces);
  fmt::print("{} {}\n", work.kit.exercise.id(), strip_controls(folder.path().string()));
  const bool nothing = files.empty() && leaks.none();
  if (nothing)
    fmt::print("{}", style.say("There is nothing to reset.\n", "没有需要重置的东西。\n"));
  if (!nothing && !options.exercise.yes) {
    fmt::print("{}", plan_text(folder, files, leaks, style));
    if (!agreed(style)) return 1;
  }
  put_back(folder, files, style);
  fmt::print("{}", remove_leaks(leaks.ours));
  tell_unknown(leaks.unknown, style);
  return 0;
}

}  // namespace shmpath
