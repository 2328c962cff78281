// SPDX-License-Identifier: BSD-2-Clause
//
// One judge in the VM, and jobs of one exercise, as `exercise watch` gives it.
#include "classroom/judge.h"

#include "classroom/exercises.h"
#include "tests/live/support.h"

using namespace shmpath;

TEST_CASE("a job that finds its tracer started gets what the first of its kind got") {
  const auto exercises = load_exercises(live::source_folder() / "exercises");
  const ExerciseKit kit = find_exercise(exercises, "02");
  JudgeJob job{.files = {},
               .programs = kit.exercise.programs,
               .runs = kit.exercise.runs,
               .needs = kit.exercise.needs,
               .seconds = 30,
               .view = "tracepoints"};
  const auto judge = start_judge({.place = "vm", .program = live::shmpath(), .ahead = true});
  const auto judged = [&](const std::string& nonce) {
    job.files = read_submission(live::source_folder() / "solutions/02-posix-writer-reader").files;
    job.files.push_back(kit.makefile);
    for (ExerciseRun& run : job.runs) run.args = {nonce};
    job.runs.front().args.push_back("payload-" + nonce);
    return judge->judge(job);
  };
  const auto first = judged("first"), second = judged("second");
  job.runs.pop_back();  // the tracer that waits now is for two runs
  const auto third = judged("third");
  CAPTURE(first.said, second.said, third.said);
  CHECK_FALSE(first.ahead);
  CHECK(second.ahead);
  CHECK_FALSE(third.ahead);
  for (const auto* one : {&first, &second, &third}) {
    CHECK(one->end == JudgeEnd::ran);
    CHECK(!one->trace.empty());
  }
  const std::string reader = kit.exercise.runs[1].name;
  CHECK(first.facts.output.at(reader).find("payload-first") != std::string::npos);
  CHECK(second.facts.output.at(reader).find("payload-second") != std::string::npos);
}
