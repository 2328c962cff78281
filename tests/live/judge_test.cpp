// SPDX-License-Identifier: BSD-2-Clause
//
// Submissions of exercise 02, judged on this machine: what they get, and that nothing of them
// stays.
#include "classroom/judge.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "classroom/assess.h"
#include "tests/live/support.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

std::vector<ExerciseKit> kits() { return load_exercises(live::source_folder() / "exercises"); }

Submission folder_of(const char* tree) {
  return read_submission(live::source_folder() / tree / "02-posix-writer-reader");
}

// What there may be of judges and their submissions: folders, shared memory.
std::set<std::string> traces_of_judges() {
  std::set<std::string> there = live::shared_objects();
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path()))
    if (entry.path().filename().string().starts_with("shmpath-judge-"))
      there.insert(entry.path().string());
  return there;
}

struct Judged {
  std::unique_ptr<Judge> judge = start_judge({"host", "", live::shmpath()});
  std::vector<ExerciseKit> all = kits();
  ExerciseKit kit = find_exercise(all, "02");
  Catalogue catalogue = load_catalogue(live::labs_folder());

  Assessment assess(const Submission& submission, const std::string& view = "syscalls") {
    return shmpath::assess(kit, submission, *judge, catalogue, {.view = view});
  }
};

// The solution with a program in the place of the writer.
Submission with_writer(const std::string& source) {
  Submission submission = folder_of("solutions");
  std::ranges::find(submission.files, "writer.cpp", &SubmissionFile::name)->bytes = source;
  return submission;
}

}  // namespace

TEST_CASE("A solution gets all points and a hand-out almost none, in two views") {
  const auto before = traces_of_judges();
  {
    Judged judged;
    for (const std::string view : {"tracepoints", "syscalls"}) {
      if (view == "tracepoints" && !live::why_not_root().empty()) continue;
      CAPTURE(view);
      const Assessment solution = judged.assess(folder_of("solutions"), view);
      CAPTURE(solution.reason, solution.compiler);
      CHECK(solution.graded);
      CHECK(solution.points == 10);
      CHECK(solution.of == 10);
      CHECK(solution.view == view);
      const Assessment handout = judged.assess(folder_of("exercises"), view);
      CAPTURE(handout.reason);
      CHECK(handout.graded);
      CHECK(handout.points < 2);
    }
  }
  CHECK(traces_of_judges() == before);
}

TEST_CASE("A judge says how a submission went wrong, and nothing of it stays") {
  const auto before = traces_of_judges();
  live::adopt_orphans();
  {
    Judged judged;
    judged.kit.exercise.seconds = 1;

    const Assessment not_built = judged.assess(with_writer("int main() { return 1"));
    CHECK(not_built.graded);
    CHECK(not_built.points == 0);
    CHECK(not_built.compiler.find("error: expected") != std::string::npos);
    CHECK(not_built.reason.starts_with("It does not build"));

    const Assessment endless = judged.assess(with_writer("int main() { for (;;) asm(\"\"); }"));
    CHECK(endless.graded);
    CHECK(endless.points < 2);
    CHECK(endless.reason.find("did not end within") != std::string::npos);
    CHECK(endless.view == "syscalls");  // its trace was read, for it has an end

    judged.kit.exercise.seconds = 30;
    const Assessment loud = judged.assess(with_writer(
        "#include <cstdio>\n#include <string>\n"
        "int main() { std::string s(1 << 16, 'x'); for (;;) fputs(s.c_str(), stdout); }"));
    CHECK(loud.graded);
    CHECK(loud.points < 2);
    CHECK(loud.reason.find("printed too much") != std::string::npos);
  }
  CHECK(traces_of_judges() == before);
  CHECK(live::no_child_left());
}

TEST_CASE("What a submission leaves is found, and is gone then: a process, a file, a segment") {
  const auto before = traces_of_judges();
  live::adopt_orphans();
  Judged judged;
  const Submission submission = with_writer(
      "#include <fcntl.h>\n#include <string>\n#include <sys/mman.h>\n#include <sys/shm.h>\n"
      "#include <unistd.h>\n"
      "int main(int, char** argv) {\n"
      "  shm_open((std::string(\"/pair-\") + argv[1]).c_str(), O_CREAT | O_RDWR, 0600);\n"
      "  shmget(IPC_PRIVATE, 4096, 0600);\n"
      "  if (fork() == 0) { setsid(); if (fork() == 0) pause(); _exit(0); }\n"
      "}\n");
  JudgeJob job{.files = submission.files,
               .programs = judged.kit.exercise.programs,
               .runs = judged.kit.exercise.runs,
               .needs = {},
               .view = "syscalls"};
  job.files.push_back(judged.kit.makefile);
  for (ExerciseRun& run : job.runs) run.args = {"nonce7315", "payload"};
  const JudgeReport report = judged.judge->judge(job);
  CAPTURE(report.said);
  CHECK(report.end == JudgeEnd::ran);
  std::vector<std::string> kinds;
  for (const LeftBehind& one : report.facts.left) kinds.push_back(one.kind);
  CHECK(kinds == std::vector<std::string>{"file", "segment", "process"});
  REQUIRE(!report.facts.left.empty());
  CHECK(report.facts.left.front().name == "/dev/shm/pair-nonce7315");
  judged.judge.reset();
  CHECK(traces_of_judges() == before);
  CHECK(live::no_child_left());
}

TEST_CASE("A judge that is gone in the midst of a job takes all with it") {
  const auto before = traces_of_judges();
  live::adopt_orphans();
  const Submission endless = with_writer("#include <unistd.h>\nint main() { for (;;) pause(); }");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // who waits for the report, and dies
    Judged judged;
    alarm(4);  // within the runs, or still within the build: both must go
    judged.kit.exercise.seconds = 1000;
    judged.assess(endless);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  for (int waits = 0; waits < 100 && traces_of_judges() != before; waits++) usleep(100'000);
  CHECK(traces_of_judges() == before);
  for (int waits = 0; waits < 100 && !live::no_child_left(); waits++) usleep(100'000);
  CHECK(live::no_child_left());
}
