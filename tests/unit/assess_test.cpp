// SPDX-License-Identifier: BSD-2-Clause
//
// What a submission gets, whatever a judge reports of it.
#include "classroom/assess.h"

#include <algorithm>
#include <csignal>
#include <functional>

#include "classroom/graded_trace.h"
#include "tests/catch.h"
#include "tests/paths.h"
#include "tests/unit/events.h"
#include "tracer/failure.h"
#include "tracer/packed_output.h"
#include "tracer/rubric_file.h"

using namespace shmpath;

namespace {

constexpr const char* rubric = R"(
number = 1
name = "small"
title = { en = "Small", zh = "小" }
points = 10
programs = ["one"]
views = ["functions", "tracepoints", "syscalls"]
seconds = 3
[[run]]
program = "one"
args = ["{nonce}", "{payload}"]
[[hint]]
level = 1
text = { en = "A", zh = "甲" }
[[hint]]
level = 2
text = { en = "B", zh = "乙" }
[[hint]]
level = 3
text = { en = "C", zh = "丙" }
[[line]]
id = "said"
check = "output"
points = 7
run = "one"
lines = ["{nonce} {payload}"]
text = { en = "It says so.", zh = "说了。" }
failed = { en = "It does not.", zh = "没说。" }
[[line]]
id = "hidden"
check = "output"
points = 3
hidden = true
run = "one"
lines = ["more {nonce}"]
text = { en = "And more.", zh = "还有。" }
failed = { en = "It does not.", zh = "没说。" }
)";

struct Kept : Output {
  std::string& text;
  explicit Kept(std::string& into) : text(into) {}
  void write(std::string_view more) override { text += more; }
  void flush() override {}
};

Header a_header() {
  Header header;
  header.kernel = "6.12";
  header.machine = "x86_64";
  header.place = "vm";
  header.view = "functions";
  return header;
}

// Of process 1 a child executes the program of the run, and is ended by a signal.
std::vector<Event> a_crash(std::uint64_t signal) {
  std::vector<Event> events{syscall_enter(1, "clone"),
                            point_event(2, "sched_process_fork", {{"child_pid", 9UL}}),
                            syscall_enter(3, "execve", {{"pathname", std::string("./one")}}),
                            point_event(4, "sched_process_exec"),
                            point_event(5, "sched_process_exit", {{"signal", signal}})};
  for (std::size_t i = 2; i < events.size(); i++) events[i].pid = events[i].tid = 9;
  return events;
}

// A trace of one process, that ended.
std::string a_trace(std::uint64_t lost = 0,
                    const std::vector<Event>& shown = {syscall_enter(1, "getpid"),
                                                       syscall_exit(2, "getpid")}) {
  std::string bytes;
  auto packed = pack_output(std::make_unique<Kept>(bytes));
  auto lines = make_jsonl_renderer(*packed);
  lines->header(a_header());
  std::size_t events = 0;
  for (const Event& event : shown) {
    lines->event(event);
    events++;
  }
  Summary summary;
  summary.counts.events = events;
  summary.counts.lost = lost;
  summary.exit_code = 0;
  lines->summary(summary);
  packed->end();
  return bytes;
}

// A judge that has its reports from here.
struct FakeJudge : Judge {
  std::function<JudgeReport(const JudgeJob&)> answer;
  std::vector<JudgeJob> jobs;
  explicit FakeJudge(std::function<JudgeReport(const JudgeJob&)> one) : answer(std::move(one)) {}
  JudgeReport judge(const JudgeJob& job) override {
    jobs.push_back(job);
    return answer(job);
  }
};

JudgeReport ran(const JudgeJob& job, std::uint64_t lost = 0) {
  const auto& args = job.runs.at(0).args;
  return {.end = JudgeEnd::ran,
          .said = "",
          .trace = a_trace(lost),
          .facts = {{{"one", args.at(0) + " " + args.at(1) + "\nmore " + args.at(0) + "\n"}}, {}}};
}

JudgeReport ended(JudgeEnd end, const std::string& said = "") {
  JudgeReport report;
  report.end = end;
  report.said = said;
  return report;
}

ExerciseKit a_kit() {
  ExerciseKit kit;
  kit.exercise = parse_exercise(rubric, "exercise.toml");
  kit.makefile = {"Makefile", "all:\n"};
  return kit;
}

const Submission submission{{{"one.cpp", "int main() {}"}}, {"x: not a source"}};

Assessment assess_by(FakeJudge& judge, const AssessOptions& options = {}) {
  return assess(a_kit(), submission, judge, Catalogue{}, options);
}

}  // namespace

TEST_CASE("What the rubric finds in the trace and the output is the assessment") {
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  const Assessment got = assess_by(judge);
  CAPTURE(got.reason);
  CHECK(got.graded);
  CHECK(got.points == 10);
  CHECK(got.of == 10);
  CHECK(got.reason.empty());
  CHECK(got.exercise == "01-small");
  CHECK(got.place == "vm");
  CHECK(got.view == "functions");
  CHECK(got.left_out == submission.left_out);
  REQUIRE(got.lines.size() == 2);
  CHECK(got.lines[1].hidden);
  REQUIRE(judge.jobs.size() == 1);
  CHECK(judge.jobs[0].files.front().name == "Makefile");
  CHECK(judge.jobs[0].view == "auto");
}

TEST_CASE("The nonce and the payload are others each time") {
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  assess_by(judge);
  assess_by(judge);
  REQUIRE(judge.jobs.size() == 2);
  const auto &one = judge.jobs[0].runs[0].args, &two = judge.jobs[1].runs[0].args;
  CHECK(one[0] != two[0]);
  CHECK(one[1] != two[1]);
  CHECK(one[0] != one[1]);
  CHECK(one[0].find("nonce") == std::string::npos);
}

TEST_CASE("A hidden line is not asked where it is to be left out, and its points are told apart") {
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  const Assessment got = assess_by(judge, {.with_hidden = false});
  CHECK(got.points == 7);
  CHECK(got.of == 7);
  CHECK(got.hidden_points == 3);
  CHECK(got.lines.size() == 1);
}

TEST_CASE("An output with yesterday's nonce has no points") {
  FakeJudge judge([](const JudgeJob& job) {
    JudgeReport report = ran(job);
    report.facts.output["one"] = "abcdefghijkl abcdefghijklmnop\n";
    return report;
  });
  const Assessment got = assess_by(judge);
  CHECK(got.graded);
  CHECK(got.points == 0);
  CHECK_FALSE(got.lines[0].met);
  CHECK(!got.lines[0].expected.empty());
}

TEST_CASE("What does not build has no points, all lines, and the compiler's words") {
  FakeJudge judge([](const JudgeJob&) { return ended(JudgeEnd::not_built, "one.cpp:1: error\n"); });
  const Assessment got = assess_by(judge);
  CHECK(got.graded);
  CHECK_FALSE(got.again);
  CHECK(got.points == 0);
  CHECK(got.of == 10);
  CHECK(got.lines.size() == 2);
  CHECK(got.compiler == "one.cpp:1: error\n");
  CHECK(got.reason.find("compiler") != std::string::npos);
  CHECK(judge.jobs.size() == 1);
}

TEST_CASE("A source with nothing to do in it is the exercise's own, whatever is handed in") {
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  ExerciseKit kit = a_kit();
  kit.handout = {{"README.md", "what to do"},
                 {"load.cpp", "the exercise's"},
                 {"one.cpp", "// TODO: write it"}};
  const Submission forged{{{"load.cpp", "forged"}, {"one.cpp", "done"}}, {}};
  assess(kit, forged, judge, Catalogue{}, {});
  std::vector<std::string> built;
  for (const SubmissionFile& file : judge.jobs.at(0).files) built.push_back(file.bytes);
  CHECK(built == std::vector<std::string>{"all:\n", "the exercise's", "done"});
}

TEST_CASE("Who was ended by a signal, and has lost points, is told so") {
  for (const int signal : {0, SIGSEGV, SIGKILL}) {
    FakeJudge judge([&](const JudgeJob&) {
      JudgeReport report;
      report.end = JudgeEnd::ran;
      report.trace = a_trace(0, a_crash(static_cast<std::uint64_t>(signal)));
      return report;
    });
    const Assessment got = assess_by(judge);
    INFO(got.reason);
    CHECK(got.graded);
    CHECK(got.points == 0);
    CHECK(got.reason.empty() == (signal == 0));
    CHECK((got.reason.find("memory") != std::string::npos) == (signal == SIGKILL));
    if (signal == SIGSEGV) CHECK(got.reason == "one was ended by signal 11 (Segmentation fault).");
  }
}

TEST_CASE("A submission without a source is not even judged") {
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  const Assessment got = assess(a_kit(), {}, judge, Catalogue{}, {});
  CHECK(got.graded);
  CHECK(got.points == 0);
  CHECK(got.reason.find("no source") != std::string::npos);
  CHECK(judge.jobs.empty());
}

TEST_CASE(
    "A judge that breaks is asked again, and then the submission is to be graded another time") {
  FakeJudge judge([](const JudgeJob&) { return ended(JudgeEnd::broken, "no memory\n"); });
  const Assessment got = assess_by(judge, {.attempts = 2});
  CHECK_FALSE(got.graded);
  CHECK(got.again);
  CHECK(got.reason.find("no memory") != std::string::npos);
  CHECK(judge.jobs.size() == 2);
}

TEST_CASE("An incomplete trace gives no points, and is made again") {
  unsigned made = 0;
  FakeJudge judge([&](const JudgeJob& job) { return ran(job, made++ < 1 ? 5 : 0); });
  CHECK(assess_by(judge).points == 10);
  CHECK(judge.jobs.size() == 2);
  FakeJudge always([](const JudgeJob& job) { return ran(job, 5); });
  const Assessment got = assess_by(always);
  CHECK_FALSE(got.graded);
  CHECK(got.again);
  CHECK(got.points == 0);
  CHECK(got.reason.find("5 events lost") != std::string::npos);
  CHECK(always.jobs.size() == 3);
}

TEST_CASE("What was ended gets what its trace shows, or nothing where that is cut off") {
  FakeJudge whole([](const JudgeJob& job) {
    JudgeReport report = ran(job);
    report.end = JudgeEnd::run_too_long;
    report.slowness = 2;
    return report;
  });
  const Assessment got = assess_by(whole);
  CHECK(got.graded);
  CHECK(got.points == 10);
  CHECK(got.reason.find("within 6 s") != std::string::npos);
  FakeJudge cut([](const JudgeJob& job) {
    JudgeReport report = ran(job);
    report.end = JudgeEnd::too_much;
    report.trace.resize(report.trace.size() / 2);
    return report;
  });
  const Assessment nothing = assess_by(cut);
  CHECK(nothing.graded);
  CHECK(nothing.points == 0);
  CHECK(nothing.reason.find("printed too much") != std::string::npos);
  CHECK(cut.jobs.size() == 1);
}

TEST_CASE("A trace that is none, or of a view that does not show it, gives no points") {
  for (const std::string bytes : {"", "junk", "\x28\xb5\x2f\xfd junk"}) {
    FakeJudge judge([&](const JudgeJob& job) {
      JudgeReport report = ran(job);
      report.trace = bytes;
      return report;
    });
    const Assessment got = assess_by(judge, {.attempts = 1});
    CHECK_FALSE(got.graded);
    CHECK(got.points == 0);
  }
  ExerciseKit kit = a_kit();
  kit.exercise.views = {"tracepoints"};
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  const Assessment got = assess(kit, submission, judge, Catalogue{}, {});
  CHECK_FALSE(got.graded);
  CHECK_FALSE(got.again);
  CHECK(judge.jobs.at(0).view == "tracepoints");
  CHECK(got.reason.find("it needs tracepoints") != std::string::npos);
}

TEST_CASE("A few packed bytes that become very many are not unpacked to their end") {
  std::string bytes;
  auto packed = pack_output(std::make_unique<Kept>(bytes));
  auto lines = make_jsonl_renderer(*packed);
  lines->header(a_header());
  packed->write("{\"type\":\"remark\",\"text\":\"");  // a line that no reader knows
  const std::string more(1 << 20, ' ');
  for (int i = 0; i < 15; i++) packed->write(more);
  packed->write("\"}\n");
  for (int line = 0; line < 30; line++) {
    packed->write("{\"type\":\"remark\",\"text\":\"");
    for (int i = 0; i < 15; i++) packed->write(more);
    packed->write("\"}\n");
  }
  packed->end();
  CHECK(bytes.size() < 1 << 20);
  const SubmissionTrace trace = read_submission_trace(bytes);
  CHECK(trace.too_long);
  CHECK(trace.events.empty());
}

TEST_CASE("An assessment comes back from its line as it was") {
  FakeJudge judge([](const JudgeJob&) {
    return ended(JudgeEnd::not_built, "one.cpp:1: error: \"小\"\n  ^\n");
  });
  Assessment got = assess_by(judge);
  got.lines[0].around = {"a", "b"};
  got.build_s = 1.25;
  const std::string line = assessment_json(got);
  CHECK(line.find('\n') == std::string::npos);
  const Assessment back = parse_assessment(line, "results");
  CHECK(assessment_json(back) == line);
  CHECK(back.compiler == got.compiler);
  CHECK(back.lines.size() == 2);
}

TEST_CASE("What is no assessment is refused, and what adds up to another score, too") {
  FakeJudge judge([](const JudgeJob& job) { return ran(job); });
  const std::string line = assessment_json(assess_by(judge));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string other = line;
    const std::size_t at = other.find(from);
    REQUIRE(at != std::string::npos);
    return other.replace(at, from.size(), to);
  };
  CHECK_NOTHROW(parse_assessment(line, "results"));
  CHECK(parse_assessment(with("6.12", "\\u001b[2J"), "results").kernel == "\\x1b[2J");
  for (const std::string& bad :
       {std::string(""), std::string("[]"), std::string(100'000, '['), std::string("{}"),
        line.substr(0, line.size() / 2), with("\"points\":7", "\"points\":9"),
        with("\"points\":10", "\"points\":1000"), with("\"of\":10", "\"of\":20"),
        with("\"met\":true", "\"met\":false"), with("\"graded\":true", "\"graded\":false"),
        with("\"points\":7", "\"points\":-7"), with("\"build_s\":0.0", "\"build_s\":1e999")}) {
    CAPTURE(bad.substr(0, 60));
    CHECK_THROWS_AS(parse_assessment(bad, "results"), Failure);
  }
}
