// SPDX-License-Identifier: BSD-2-Clause
//
// Grading many: at once, cut off, gone on with; with a judge that is none.
#include "classroom/grade_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <set>

#include "classroom/grade_progress.h"
#include "tests/unit/grade_support.h"
#include "tracer/failure.h"
#include "tracer/signals.h"

using namespace shmpath;
using Strings = std::vector<std::string>;

namespace {

class Notes : public GradeWatcher {
 public:
  void begun(const HandIn& what) override { started.push_back(what.student); }
  void ended(const HandIn& what, const Assessment& assessment) override {
    outcomes[what.student] = outcome(assessment);
  }
  void tick() override { most = std::max(most, started.size() - outcomes.size()); }

  Strings started;
  std::map<std::string, std::string> outcomes;
  std::size_t most = 0;  // at once
};

struct Grading {
  std::vector<ExerciseKit> kits = small_kits();
  TemporaryFolder folder;
  GradeStore store{folder.path(), GradeStore::Make::yes};
  std::vector<HandIn> all;
  Notes notes;

  explicit Grading(int students) {
    for (int i = 0; i < students; i++)
      all.push_back(
          {std::string(1, static_cast<char>('a' + i)), &kits[0], "", "", false, false, "key"});
  }
  void run(const GradeWork& work, unsigned jobs = 2) {
    LoopOptions options;
    options.jobs = jobs;
    grade_all(all, store, work, options, notes);
  }
};

Assessment full(const HandIn& what) { return grade_without(what.kit->exercise, {}); }

}  // namespace

TEST_CASE("Each submission is graded once and has its own result") {
  for (unsigned jobs : {1U, 2U, 5U}) {
    Grading grading(7);
    grading.run(
        [](const HandIn& what) {
          return grade_without(what.kit->exercise,
                               what.student == "c" ? Strings{"one"} : Strings{});
        },
        jobs);
    CHECK(grading.notes.started == Strings{"a", "b", "c", "d", "e", "f", "g"});
    CHECK(grading.notes.most == std::min<std::size_t>(jobs, 7));
    for (const HandIn& what : grading.all) {
      CHECK(grading.notes.outcomes[what.student] == (what.student == "c" ? "7/10" : "10/10"));
      CHECK(grading.store.read(what)->assessment.points == (what.student == "c" ? 7U : 10U));
    }
    CHECK(without_result(grading.all, grading.store, "", false).empty());
  }
}

TEST_CASE("A grader that fails, dies or says nothing costs nobody else anything") {
  Grading grading(5);
  grading.run([](const HandIn& what) {
    if (what.student == "b") throw Failure("cannot start the VM", "no memory\x1b", "free some");
    if (what.student == "c") raise(SIGKILL);
    if (what.student == "d") _exit(0);
    return full(what);
  });
  CHECK(grading.notes.outcomes["a"] == "10/10");
  CHECK(grading.notes.outcomes["b"] ==
        "to be graded again: cannot start the VM: no memory\\x1b; free some");
  CHECK(grading.notes.outcomes["c"] == "to be graded again: the grader was ended by signal 9");
  CHECK(grading.notes.outcomes["d"] == "to be graded again: the grader left no result");
  CHECK(grading.notes.outcomes["e"] == "10/10");
  Strings again;
  for (const HandIn& what : without_result(grading.all, grading.store, "", false))
    again.push_back(what.student);
  CHECK(again == Strings{"b", "c", "d"});
}

TEST_CASE("A grader that hangs is ended, and its submission is to be graded again") {
  Grading grading(2);
  LoopOptions options;
  options.limit = std::chrono::seconds(0);
  grade_all(
      {grading.all[0]}, grading.store,
      [](const HandIn&) -> Assessment {
        for (;;) pause();
      },
      options, grading.notes);
  CHECK(grading.notes.outcomes["a"].starts_with("to be graded again: it took longer"));
}

TEST_CASE("An interrupted run keeps what it has, leaves nothing running, and goes on") {
  Grading grading(6);
  int alive[2];
  REQUIRE(pipe2(alive, O_CLOEXEC) == 0);
  const GradeWork stops_at_d = [](const HandIn& what) {
    if (what.student < "d") return full(what);
    if (what.student == "d") kill(getppid(), SIGTERM);
    while (!stops_asked()) usleep(1000);
    throw Failure("judging", "stopped", "");
  };
  try {
    grading.run(stops_at_d, 1);
    FAIL("it was not interrupted");
  } catch (const Failure& failure) {
    CHECK(failure.status() == 128 + SIGTERM);
  }
  close(alive[1]);
  char byte = 0;
  CHECK(read(alive[0], &byte, 1) == 0);  // nobody has the other end any more
  close(alive[0]);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);

  const auto rest = without_result(grading.all, grading.store, "", false);
  REQUIRE(rest.size() == 3);
  grade_all(rest, grading.store, full, {}, grading.notes);
  CHECK(merge_results(grading.all, {}).missing.size() == 6);
  CHECK(without_result(grading.all, grading.store, "", false).empty());
}

TEST_CASE("What has a result is graded again only when something about it is another") {
  Grading grading(3);
  grading.run(full);
  const auto todo = [&](const std::string& kernel, bool again) {
    return without_result(grading.all, grading.store, kernel, again).size();
  };
  CHECK(todo("", false) == 0);
  CHECK(todo("", true) == 3);
  CHECK(todo("6.1", false) == 3);
  grading.all[1].key = "other";
  CHECK(todo("", false) == 1);
  grading.all[1].trouble = "a link";
  CHECK(todo("", true) == 2);  // there is nothing to grade
}

TEST_CASE("The bar has count, submission and time left, and never more than the line") {
  CHECK(grade_bar(3, 6, "alice 01-leak", 90.0, 80) ==
        "[##########          ] 3/6 alice 01-leak, about 2 min left");
  CHECK(grade_bar(0, 6, "alice 01-leak", std::nullopt, 80) ==
        "[                    ] 0/6 alice 01-leak");
  CHECK(grade_bar(6, 6, "x", 0.0, 80) == "[####################] 6/6 x");
  CHECK(grade_bar(1, 2, "x", 7200.0, 80) == "[##########          ] 1/2 x, about 2.0 h left");
  CHECK(grade_bar(3, 6, std::string(200, 'x'), 1.0, 40).size() <= 40);
}
