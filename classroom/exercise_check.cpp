// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "classroom/exercise.h"
#include "tracer/failure.h"
#include "tracer/signals.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// Notes the nonces of a job before anything of it runs: should we be killed meanwhile, they tell
// whose the processes are that stayed.
class NotingJudge : public Judge {
 public:
  NotingJudge(Judge& judge, const Exercise& exercise, std::function<void(const std::string&)> note)
      : judge_(judge), exercise_(exercise), note_(std::move(note)) {}

  JudgeReport judge(const JudgeJob& job) override {
    const std::size_t runs = std::min(job.runs.size(), exercise_.runs.size());
    for (std::size_t run = 0; run < runs; run++) note_all(exercise_.runs[run], job.runs[run]);
    return judge_.judge(job);
  }

 private:
  void note_all(const ExerciseRun& asked, const ExerciseRun& given) const {
    for (std::size_t i = 0; i < std::min(asked.args.size(), given.args.size()); i++)
      if (asked.args[i] == "{nonce}") note_(given.args[i]);
  }
  Judge& judge_;
  const Exercise& exercise_;
  std::function<void(const std::string&)> note_;
};

Submission read_as_user(const std::filesystem::path& folder) {
  const AsInvokingUser rights;
  return read_submission(folder);
}

// What a student knows to lie there: the texts, the Makefile as it was, the progress, what make
// made, and what reset put aside.
bool is_usual(const std::string& name, const ExerciseKit& kit, const StudentFolder& folder) {
  const auto& programs = kit.exercise.programs;
  if (name == progress_file || name.ends_with('~') ||
      std::ranges::find(programs, name) != programs.end())
    return true;
  return std::ranges::any_of(handed_out(kit), [&](const SubmissionFile& file) {
    return file.name == name && folder.read(name, file.bytes.size()) == file.bytes;
  });
}

void keep(ExerciseProgress& progress, const Assessment& assessment) {
  progress.attempts++;
  progress.met = met_lines(assessment);
  if (!assessment.graded) return;
  progress.best = std::max(progress.best, assessment.points);
  progress.of = assessment.of;
}

}  // namespace

Checker::Checker(const Workplace& work, const Catalogue& catalogue, std::string view,
                 JudgeStart start)
    : work_(work),
      catalogue_(catalogue),
      view_(std::move(view)),
      start_(std::move(start)),
      folder_(work.folder) {}

Checked Checker::check() {
  Checked checked;
  ExerciseProgress progress = load_progress(folder_, work_.kit, checked.said);
  checked.first = progress.attempts == 0;
  checked.met_before = progress.met;
  const Submission submission = read_as_user(work_.folder);
  if (!judge_) judge_ = start_();
  bool kept = true;  // one complaint is enough
  NotingJudge judge(*judge_, work_.kit.exercise, [&](const std::string& nonce) {
    add_nonce(progress, nonce);
    kept = kept && save_progress(folder_, progress, checked.said);
  });
  checked.assessment =
      assess(work_.kit, submission, judge, catalogue_, {.with_hidden = false, .view = view_});
  std::erase_if(checked.assessment.left_out, [&](const std::string& file) {
    return is_usual(file.substr(0, file.find(": ")), work_.kit, folder_);
  });
  if (checked.assessment.again) judge_.reset();  // the next begins anew
  keep(progress, checked.assessment);
  if (kept) save_progress(folder_, progress, checked.said);
  return checked;
}

std::string times_text(const Assessment& assessment, double seconds, const ExerciseStyle& style) {
  const std::string kernel = strip_controls(assessment.kernel);
  return fmt::format(
      fmt::runtime(style.say("checked in {:.1f} s: built in {:.1f} s, run in {:.1f} s{}\n",
                             "检查用时 {:.1f} 秒：构建 {:.1f} 秒，运行 {:.1f} 秒{}\n")),
      seconds, assessment.build_s, assessment.run_s,
      kernel.empty() ? "" : style.say(", Linux ", "，Linux ") + kernel);
}

int check_exercise(const Options& options, const std::vector<ExerciseKit>& kits) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  const ExerciseStyle style = exercise_style(options);
  const Workplace work = find_workplace(kits, options.exercise.which);
  const CheckPlace place = require_place(work.kit, options.exercise);
  const Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  const StopSignals signals;
  if (!options.json) {
    fmt::print("{}", first_line(work.kit, place, style));
    std::fflush(stdout);
  }
  Checker checker(work, catalogue, place.view, [&] {
    return start_judge({.place = place.place, .kernel = place.kernel, .program = ""});
  });
  const Checked checked = checker.check();
  const Assessment& assessment = checked.assessment;
  if (options.json) {
    fmt::print("{}\n", assessment_json(assessment));
  } else {
    fmt::print("{}", assessment_text(assessment, style));
    if (!checked.first)
      fmt::print("{}", change_text(checked.met_before, met_lines(assessment), style));
    const std::chrono::duration<double> time = Clock::now() - begun;
    fmt::print("{}", times_text(assessment, time.count(), style));
  }
  tell(checked.said);
  if (!assessment.graded && assessment.again) return exit_failure;
  return all_met(assessment) ? 0 : 1;
}

}  // namespace shmpath
