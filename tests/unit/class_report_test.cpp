// SPDX-License-Identifier: BSD-2-Clause
//
// The reports, as files in tests/golden/grade: tests/grade/validate.py holds these against the
// published fields of each format.
#include <nlohmann/json.hpp>

#include "classroom/report.h"
#include "tests/unit/golden.h"
#include "tests/unit/grade_support.h"

using namespace shmpath;

namespace {

// One of each end, with words as hostile as they come.
ClassReport sample(const std::vector<ExerciseKit>& kits) {
  const Exercise& leak = kits[0].exercise;
  ClassReport report;
  report.version = "0.0.0";
  report.submissions.push_back({"alice", &kits[0], grade_without(leak, {}), false});
  report.submissions.push_back(
      {"alice", &kits[1], grade_without(kits[1].exercise, {"two"}), false});

  Assessment hostile = grade_without(leak, {"one", "secret"});
  hostile.lines[0].seen = "]]></failure><script>alert(1)</script> & \"quoted\" \xef\xbf\xbe";
  hostile.lines[0].around = {"write(1, \"::error::x\")", "::set-output name=result::AAAA",
                             "x ##[error]y", "=HYPERLINK(\"x\")"};
  hostile.lines[2].seen = "what is hidden";
  hostile.left_out = {"Makefile: the exercise has its own Makefile"};
  report.submissions.push_back({"=1+1,\"<b>\" \\n", &kits[0], hostile, false});

  Assessment unbuilt = grade_without(leak, {"one", "two", "secret"});
  unbuilt.reason = "It does not build: see what the compiler said.";
  for (AssessedLine& line : unbuilt.lines) {
    line.expected = "";
    line.seen = "nothing: the programs were not run";
    line.around = {};
  }
  unbuilt.compiler = "a.cpp:1:1: error: <oops>\n  ::warning::here\n";
  report.submissions.push_back({"bob", &kits[0], unbuilt, false});
  report.submissions.push_back(
      {"carol", &kits[0], no_grade(leak, "the trace is incomplete, three times", true), false});
  report.submissions.push_back({"eve", &kits[0], no_grade(leak, "it is a link", false), false});
  report.submissions.push_back(
      {"dave", &kits[0], no_grade(leak, "nothing was handed in", false), true});
  return report;
}

}  // namespace

TEST_CASE("Each report is as approved") {
  const auto kits = small_kits();
  const ClassReport report = sample(kits);
  check_golden("grade/results.json", class_json(report));
  check_golden("grade/grades.csv", class_csv(report));
  check_golden("grade/junit.xml", class_junit(report));
  check_golden("grade/table.txt", class_table(report));
  const char* names[] = {"full", "lost", "hostile", "unbuilt", "again", "none"};
  for (std::size_t i = 0; i < std::size(names); i++) {
    check_golden(std::string("grade/gradescope-") + names[i] + ".json",
                 gradescope_json(report.submissions[i], false));
    check_golden(std::string("grade/classroom-") + names[i] + ".json",
                 classroom_json(report.submissions[i], false));
  }
}

TEST_CASE("Students read nothing of a hidden line but its points") {
  const auto kits = small_kits();
  const ClassReport report = sample(kits);
  const std::string classroom = classroom_json(report.submissions[2], false);
  CHECK(classroom.find("what is hidden") == std::string::npos);
  CHECK(classroom.find("secret") == std::string::npos);
  const auto tests = nlohmann::json::parse(gradescope_json(report.submissions[2], false))["tests"];
  CHECK(tests[0]["visibility"] == "visible");
  CHECK(tests[2]["visibility"] == "hidden");
}

TEST_CASE("The scores of a service's lines add up to the score") {
  const auto kits = small_kits();
  for (const GradedSubmission& one : sample(kits).submissions) {
    for (const bool gradescope : {true, false}) {
      const auto json = nlohmann::json::parse(gradescope ? gradescope_json(one, true)
                                                         : classroom_json(one, true));
      unsigned sum = 0;
      for (const auto& test : json["tests"]) sum += test["score"].get<unsigned>();
      CHECK(sum == one.assessment.points);
    }
  }
}

TEST_CASE("A cell of CSV is no formula, and ends where it ends") {
  CHECK(csv_cell("alice") == "alice");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("a\"b") == "\"a\"\"b\"");
  CHECK(csv_cell("a\nb") == "a\\nb");
  for (const std::string& formula :
       std::vector<std::string>{"=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "'=1", "|x", "%x",
                                "\xef\xbc\x9d"
                                "1"})
    CHECK(csv_cell(formula) == "\"'" + formula + "\"");
  CHECK(csv_cell("\t=1+1") == "\\t=1+1");
  CHECK(csv_cell("a=1") == "a=1");
}

TEST_CASE("Text for XML has no markup and no character that XML forbids") {
  CHECK(xml_text("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
  CHECK(xml_text("a\nb\n") == "a\nb\n");
  CHECK(xml_attribute("a\nb") == "a\\nb");
  CHECK(xml_text(std::string("\x01\0\x1b\xff", 4)) == "\\x01\\x00\\x1b\\xff");
  CHECK(xml_text("\xef\xbf\xbf\xef\xbf\xbe") == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("No line of a log is a command to the runner") {
  CHECK(log_text("a\n  ::error::b\n") == "a\n  '::error::b\n");
  CHECK(log_text("x ##[group]y") == "x # #[group]y\n");
  CHECK(log_text("std::x") == "std::x\n");
}

TEST_CASE("The files of a report lie in safe folders, and who is absent has none") {
  const auto kits = small_kits();
  const ClassReport report = sample(kits);
  const auto files = report_files(report, "gradescope");
  CHECK(files.size() == 6);
  CHECK(files.count("alice/01-leak/results.json") == 1);
  CHECK(files.count("%3D1%2B1%2C%22%3Cb%3E%22%20%5Cn/01-leak/results.json") == 1);
  CHECK(report_files(report, "classroom").count("bob/01-leak/result.json") == 1);
}
