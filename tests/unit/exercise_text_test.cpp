// SPDX-License-Identifier: BSD-2-Clause
//
// What a student reads of an assessment.
#include "classroom/exercise_text.h"

#include "tests/catch.h"
#include "tests/unit/golden.h"

using namespace shmpath;

namespace {

AssessedLine line(const std::string& id, bool met, unsigned worth, const Text& text) {
  AssessedLine line;
  line.id = id;
  line.met = met;
  line.worth = worth;
  line.points = met ? worth : 0;
  line.text = text;
  return line;
}

Assessment partly_right() {
  Assessment assessment;
  assessment.exercise = "01-repair-a-leak";
  assessment.graded = true;
  assessment.place = "host";
  assessment.points = 1;
  assessment.of = 8;
  assessment.hidden_points = 2;
  assessment.lines.push_back(
      line("normal", true, 1,
           {"Nothing is left when main returns.", "main 正常返回后没有留下任何东西。"}));
  AssessedLine lost = line("error", false, 7,
                           {"Nothing is left when main returns early with an error.",
                            "main 因出错提前返回后没有留下任何东西。"});
  lost.failed = {
      "The object outlives the early return, or it was gone before the work was done, or "
      "the program no longer exits with 1.",
      "提前返回之后对象还在，或者工作还没做完对象就没了，或者程序不再以 1 退出。"};
  lost.expected = "nothing is left of /dev/shm/keeper-a1-error";
  lost.seen = "/dev/shm/keeper-a1-error is left";
  lost.around = {"openat(AT_FDCWD, \"/dev/shm/keeper-a1-error\", O_RDWR|O_CREAT) = 3",
                 "exit_group(1)"};
  lost.lab = "11";
  assessment.lines.push_back(lost);
  AssessedLine hidden = line("secret", false, 2, {"A secret.", "秘密。"});
  hidden.hidden = true;
  assessment.lines.push_back(hidden);
  assessment.left_out = {"Makefile: the exercise has its own"};
  assessment.compiler = "keeper.cpp:12: warning: unused\n  12 | int a;\n";
  return assessment;
}

Assessment not_built() {
  Assessment assessment;
  assessment.graded = true;
  assessment.of = 8;
  assessment.lines = partly_right().lines;
  assessment.lines[0].met = false;
  assessment.reason = "It does not build: see what the compiler said.";
  assessment.compiler = "keeper.cpp:1: error: \033[31mbad\033]0;title\007\n\trest\n";
  return assessment;
}

Assessment not_graded() {
  Assessment assessment;
  assessment.again = true;
  assessment.reason = "The trace is incomplete (12 events lost).";
  return assessment;
}

}  // namespace

TEST_CASE("An assessment reads like this, in both languages") {
  std::string text;
  for (const bool chinese : {false, true})
    text += assessment_text(partly_right(), {.chinese = chinese, .columns = 80}) +
            assessment_text(not_built(), {.chinese = chinese, .columns = 80}) +
            assessment_text(not_graded(), {.chinese = chinese, .columns = 80});
  check_golden("exercise.txt", text);
}

TEST_CASE("No text of a submission reaches the terminal as control characters") {
  Assessment assessment = partly_right();
  const std::string bad = "\033[2J\r\u202e\b\x9b";
  for (AssessedLine& one : assessment.lines) {
    one.met = false;
    one.text.en += bad;
    one.failed.en += bad;
    one.expected += bad;
    one.seen += bad;
    one.around.push_back(bad + "\n" + bad);
    one.lab += bad;
  }
  assessment.left_out.push_back(bad);
  assessment.compiler += bad;
  for (const bool graded : {true, false}) {
    assessment.graded = graded;
    assessment.reason = bad;
    const std::string text = assessment_text(assessment, {});
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= ' '));
    CHECK(text.find("\u202e") == std::string::npos);
  }
  CHECK(assessment_text(partly_right(), {.colour = true}).find("\033[32mmet") != std::string::npos);
  CHECK(change_text({}, {bad}, {}).find('\033') == std::string::npos);
}

TEST_CASE("All is met when every line is that was asked for") {
  Assessment assessment = partly_right();
  CHECK_FALSE(all_met(assessment));
  assessment.lines[1].met = true;
  CHECK(all_met(assessment));
  CHECK(met_lines(assessment) == std::vector<std::string>{"normal", "error"});
  assessment.graded = false;
  CHECK_FALSE(all_met(assessment));
}

TEST_CASE("What changed since the last time is told, or nothing") {
  CHECK(change_text({"a", "b"}, {"b", "a"}, {}).empty());
  CHECK(change_text({"a"}, {"a", "b", "c"}, {}) == "now met: b, c\n");
  CHECK(change_text({"a", "b"}, {"c"}, {}) == "now met: c; no longer met: a, b\n");
  CHECK(change_text({"a"}, {}, {.chinese = true}) == "不再达到：a\n");
}
