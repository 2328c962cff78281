// SPDX-License-Identifier: BSD-2-Clause
//
// JUnit's XML as Jenkins' xunit plugin has it (junit-10.xsd), which GitLab and others read too:
// a testsuite for each submission, a testcase for each line of the rubric.
#include <fmt/format.h>

#include "classroom/report.h"
#include "tracer/screen_text.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

std::string entity(char c) {
  if (c == '&') return "&amp;";
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  if (c == '"') return "&quot;";
  return {c};
}

struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;
  void add(const Counts& more) {
    tests += more.tests;
    failures += more.failures;
    errors += more.errors;
    skipped += more.skipped;
    seconds += more.seconds;
  }
};

std::string element(std::string_view tag, const AssessedLine& line, const std::string& class_name,
                    const std::string& inside) {
  const std::string head = fmt::format(R"(    <{} name="{}" classname="{}" time="0")", tag,
                                       xml_attribute(line.id), xml_attribute(class_name));
  return inside.empty() ? head + "/>\n" : fmt::format("{}>\n{}    </{}>\n", head, inside, tag);
}

std::string failure_of(const AssessedLine& line, bool chinese) {
  const std::string expected = line.expected.empty() ? "" : "expected " + line.expected + "; ";
  const std::string message =
      fmt::format("{} of {} points: {}seen {}", line.points, line.worth, expected, line.seen);
  return fmt::format("      <failure type=\"rubric\" message=\"{}\">{}</failure>\n",
                     xml_attribute(message), xml_text(line_text(line, chinese)));
}

// The first case of each suite says whether it could be judged; if there is no grade at all, the
// lines are skipped: nobody has looked.
std::string cases_of(const GradedSubmission& one, bool chinese, Counts& counts) {
  const Assessment& assessment = one.assessment;
  const std::string name = one.student + "." + one.kit->exercise.id();
  AssessedLine whole;
  whole.id = "judged";
  std::string inside;
  if (one.absent) {
    counts.skipped++;
    inside = "      <skipped message=\"nothing was handed in\"/>\n";
  } else if (!assessment.graded) {
    counts.errors++;
    inside = fmt::format("      <error type=\"{}\" message=\"{}\">{}</error>\n", status_of(one),
                         xml_attribute(assessment.reason), xml_text(submission_text(one)));
  } else if (!assessment.reason.empty()) {
    counts.failures++;
    inside = fmt::format("      <failure type=\"judged\" message=\"{}\">{}</failure>\n",
                         xml_attribute(assessment.reason), xml_text(submission_text(one)));
  }
  counts.tests = 1 + assessment.lines.size();
  std::string text = element("testcase", whole, name, inside);
  for (const AssessedLine& line : assessment.lines) {
    inside.clear();
    if (!assessment.graded) {
      counts.skipped++;
      inside = "      <skipped message=\"there is no grade\"/>\n";
    } else if (!line.met) {
      counts.failures++;
      inside = failure_of(line, chinese);
    }
    text += element("testcase", line, name, inside);
  }
  return text;
}

std::string attributes(const std::string& name, const Counts& counts) {
  return fmt::format(R"(name="{}" tests="{}" failures="{}" errors="{}" time="{:.3f}")",
                     xml_attribute(name), counts.tests, counts.failures, counts.errors,
                     counts.seconds);
}

std::string suite_of(const GradedSubmission& one, bool chinese, Counts& counts) {
  counts.seconds = one.assessment.build_s + one.assessment.run_s;
  const std::string cases = cases_of(one, chinese, counts);
  return fmt::format(
      "  <testsuite {} skipped=\"{}\">\n"
      "    <properties>\n"
      "      <property name=\"points\" value=\"{}\"/>\n"
      "      <property name=\"of\" value=\"{}\"/>\n"
      "    </properties>\n{}  </testsuite>\n",
      attributes(one.student + "/" + one.kit->exercise.id(), counts), counts.skipped,
      one.assessment.points, one.assessment.of, cases);
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  bool first = true;
  for (const std::string& line : lines_of(text)) {
    if (!first) out += '\n';
    first = false;
    for (const char c : strip_controls(line)) out += entity(c);
  }
  if (text.ends_with('\n')) out += '\n';
  // the two that are UTF-8 but no characters of XML: U+FFFE and U+FFFF
  for (const std::string_view none : {"\xef\xbf\xbe", "\xef\xbf\xbf"})
    for (std::size_t at = out.find(none); at != std::string::npos; at = out.find(none, at))
      out.replace(at, none.size(), "\xef\xbf\xbd");
  return out;
}

std::string xml_attribute(std::string_view text) { return xml_text(strip_controls(text)); }

std::string class_junit(const ClassReport& report) {
  Counts all;
  std::string suites;
  for (const GradedSubmission& one : report.submissions) {
    Counts counts;
    suites += suite_of(one, report.chinese, counts);
    all.add(counts);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n{}</testsuites>\n",
      attributes("shmpath grade", all), suites);
}

}  // namespace shmpath
