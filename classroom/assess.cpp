// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/assess.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <system_error>

#include "classroom/graded_trace.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr std::size_t nonce_letters = 12, payload_letters = 16;
constexpr const char* ended_early =
    "A loop that does not end, or a wait for what never comes, is what to look for.";

// Of lower-case letters and digits, and nobody's guess.
std::string random_word(std::size_t letters) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string word(letters, '\0');
  if (getrandom(word.data(), word.size(), 0) != static_cast<ssize_t>(word.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  for (char& letter : word) letter = alphabet[static_cast<unsigned char>(letter) % alphabet.size()];
  return word;
}

Exercise without_hidden(Exercise exercise) {
  for (const RubricLine& line : exercise.lines)
    if (line.hidden) exercise.hidden_points += line.points;
  std::erase_if(exercise.lines, [](const RubricLine& line) { return line.hidden; });
  return exercise;
}

// "auto" in the place's own best view, where every one will do; else the first that will.
std::string view_for(const Exercise& exercise, const std::string& asked) {
  const auto shows = [&](const char* view) {
    return std::ranges::find(exercise.views, view) != exercise.views.end();
  };
  if (asked != "auto" || (shows("functions") && shows("tracepoints"))) return asked;
  for (const char* view : {"functions", "tracepoints"})
    if (shows(view)) return view;
  return "syscalls";
}

// All lines, none of them met.
Assessment blank(const ExerciseKit& kit, const Exercise& exercise, const Submission& submission) {
  Assessment blank;
  blank.exercise = kit.exercise.id();
  blank.of = exercise.points - exercise.hidden_points;
  blank.hidden_points = exercise.hidden_points;
  blank.left_out = submission.left_out;
  for (const RubricLine& line : exercise.lines)
    blank.lines.push_back({.id = line.id,
                           .text = line.text,
                           .points = 0,
                           .worth = line.points,
                           .met = false,
                           .hidden = line.hidden,
                           .failed = line.failed,
                           .expected = "",
                           .seen = "nothing: the programs were not run to their end",
                           .around = {},
                           .lab = line.lab});
  return blank;
}

Assessment graded(Assessment assessment, const std::string& reason) {
  assessment.graded = true;
  assessment.reason = reason;
  return assessment;
}

Assessment not_graded(Assessment assessment, const std::string& reason, bool again) {
  assessment.graded = false;
  assessment.again = again;
  assessment.reason = reason;
  return assessment;
}

std::string why_ended(const JudgeReport& report, unsigned seconds) {
  switch (report.end) {
    case JudgeEnd::not_built:
      return "It does not build: see what the compiler said.";
    case JudgeEnd::build_too_long:
      return "The compiler did not end in time: leave out what makes it work so long.";
    case JudgeEnd::run_too_long:
      return fmt::format("The programs did not end within {:.0f} s, and were ended. {}",
                         seconds * report.slowness, ended_early);
    case JudgeEnd::too_much:
      return fmt::format(
          "The programs printed too much, or made too many calls, and were ended. {}", ended_early);
    case JudgeEnd::broken:
      return "It could not be judged: " +
             (report.said.empty() ? "no reason is known" : strip_controls(report.said));
    case JudgeEnd::ran:
      break;
  }
  return "";
}

void take_score(Assessment& assessment, const Score& score) {
  assessment.points = score.points;
  for (std::size_t i = 0; i < score.lines.size(); i++) {
    const LineScore& from = score.lines[i];
    AssessedLine& line = assessment.lines.at(i);
    line.met = from.met;
    line.points = from.points;
    line.expected = from.expected;
    line.seen = from.seen;
    line.around = from.around;
  }
}

// What ended a run's own process before its time; "": nothing did.
std::string why_died(const Exercise& exercise, const std::vector<Event>& events) {
  const auto processes = run_processes(events, exercise.runs);
  for (const Event& event : events) {
    const auto run = processes.find(static_cast<pid_t>(event.pid));
    const auto signal = static_cast<int>(number_of(event, "signal"));
    if (event.name != "sched_process_exit" || event.pid != event.tid || signal == 0 ||
        run == processes.end())
      continue;
    return fmt::format(
        "{} was ended by signal {} ({}).{}", run->second, signal, strsignal(signal),
        signal == SIGKILL ? " If nobody sent it, it took more memory than there is." : "");
  }
  return "";
}

struct Attempt {
  const ExerciseKit& kit;
  const Exercise& exercise;  // with this attempt's nonce
  const Catalogue& catalogue;
  Assessment assessment;
};

Assessment judged_trace(Attempt attempt, const JudgeReport& report) {
  Assessment& assessment = attempt.assessment;
  const std::string why = why_ended(report, attempt.exercise.seconds);
  const SubmissionTrace trace = read_submission_trace(report.trace);
  assessment.place = trace.header.place;
  assessment.view = trace.header.view;
  assessment.kernel = trace.header.kernel;
  if (trace.too_long)
    return graded(std::move(assessment), fmt::format("The programs made more than {} calls. {}",
                                                     most_trace_events, ended_early));
  const bool whole = trace.unreadable.empty() && trace.summary.complete();
  if (!whole && !why.empty()) return graded(std::move(assessment), why);
  if (!whole)
    return not_graded(
        std::move(assessment),
        fmt::format(
            "The trace is incomplete ({}): grade it again when the machine is "
            "less busy, and see that the programs make no more calls than "
            "they need.",
            trace.unreadable.empty() ? gaps_text(trace.summary) : strip_controls(trace.unreadable)),
        true);
  const Score score = grade(attempt.exercise, {trace.events, trace.header.view, true, ""},
                            report.facts, attempt.catalogue.functions);
  if (!score.reason.empty()) return not_graded(std::move(assessment), score.reason, false);
  take_score(assessment, score);
  const bool died = why.empty() && score.points < score.of;
  return graded(std::move(assessment), died ? why_died(attempt.exercise, trace.events) : why);
}

// A source that is handed out with nothing to do in it is the exercise's, as its Makefile is: what
// it measures would prove nothing if the student wrote it.
bool is_given(const SubmissionFile& file) {
  return !file.name.ends_with(".md") && file.bytes.find("TODO") == std::string::npos;
}

std::vector<SubmissionFile> files_to_build(const ExerciseKit& kit, const Submission& submission) {
  std::vector<SubmissionFile> files{kit.makefile};
  std::ranges::copy_if(kit.handout, std::back_inserter(files), is_given);
  const auto given = files;
  for (const SubmissionFile& file : submission.files)
    if (std::ranges::find(given, file.name, &SubmissionFile::name) == given.end())
      files.push_back(file);
  return files;
}

Assessment attempt_at(const ExerciseKit& kit, const Exercise& asked, const Submission& submission,
                      Judge& judge, const Catalogue& catalogue, const AssessOptions& options) {
  const Exercise exercise =
      with_nonce(asked, random_word(nonce_letters), random_word(payload_letters));
  const JudgeJob job{.files = files_to_build(kit, submission),
                     .programs = exercise.programs,
                     .runs = exercise.runs,
                     .needs = exercise.needs,
                     .seconds = exercise.seconds,
                     .view = view_for(exercise, options.view)};
  const JudgeReport report = judge.judge(job);
  Assessment assessment = blank(kit, exercise, submission);
  assessment.build_s = report.build_s;
  assessment.run_s = report.run_s;
  if (report.end == JudgeEnd::broken)
    return not_graded(std::move(assessment), why_ended(report, exercise.seconds), true);
  assessment.compiler = report.said;
  if (report.end == JudgeEnd::not_built || report.end == JudgeEnd::build_too_long)
    return graded(std::move(assessment), why_ended(report, exercise.seconds));
  return judged_trace({kit, exercise, catalogue, std::move(assessment)}, report);
}

}  // namespace

Assessment assess(const ExerciseKit& kit, const Submission& submission, Judge& judge,
                  const Catalogue& catalogue, const AssessOptions& options) {
  const Exercise exercise = options.with_hidden ? kit.exercise : without_hidden(kit.exercise);
  Assessment assessment = blank(kit, exercise, submission);
  if (submission.files.empty())
    return graded(std::move(assessment),
                  "There is no source: hand in the files that the exercise has handed out.");
  for (unsigned attempt = 0; attempt < std::max(options.attempts, 1U); attempt++) {
    assessment = attempt_at(kit, exercise, submission, judge, catalogue, options);
    if (assessment.graded || !assessment.again) break;
  }
  return assessment;
}

}  // namespace shmpath
