// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "classroom/report.h"
#include "tracer/screen_text.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

std::string cell(const GradedSubmission& submission) {
  const std::string_view status = status_of(submission);
  if (status == "absent") return "-";
  if (status == "again") return "again";
  if (status == "not_graded") return "no grade";
  return fmt::format("{}/{}", submission.assessment.points, submission.assessment.of);
}

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;

  std::string text() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < head.size(); i++) {
      widths.push_back(columns_of(head[i]));
      for (const auto& row : rows) widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    std::string text = line(head, widths);
    for (const auto& row : rows) text += line(row, widths);
    return text;
  }

 private:
  static std::string line(const std::vector<std::string>& row,
                          const std::vector<std::size_t>& widths) {
    std::string text = padded(row[0], widths[0]);
    for (std::size_t i = 1; i < row.size(); i++)
      text += "  " + std::string(widths[i] - columns_of(row[i]), ' ') + row[i];
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
};

Table table_of(const ClassReport& report) {
  std::set<std::string> exercises, students;
  std::map<std::pair<std::string, std::string>, const GradedSubmission*> at;
  for (const GradedSubmission& one : report.submissions) {
    const std::string exercise = fmt::format("{:02}", one.kit->exercise.number);
    exercises.insert(exercise);
    students.insert(one.student);
    at[{one.student, exercise}] = &one;
  }
  Table table;
  table.head = {"student"};
  table.head.insert(table.head.end(), exercises.begin(), exercises.end());
  table.head.emplace_back("points");
  for (const std::string& student : students) {
    unsigned points = 0;
    std::vector<std::string> row{cut_to(student, 40)};
    for (const std::string& exercise : exercises) {
      const auto found = at.find({student, exercise});
      row.push_back(found == at.end() ? "" : cell(*found->second));
      if (found != at.end()) points += found->second->assessment.points;
    }
    row.push_back(fmt::format("{}", points));
    table.rows.push_back(row);
  }
  return table;
}

}  // namespace

std::string_view status_of(const GradedSubmission& submission) {
  if (submission.absent) return "absent";
  if (submission.assessment.graded) return "graded";
  return submission.assessment.again ? "again" : "not_graded";
}

std::string class_table(const ClassReport& report) {
  std::string text = report.submissions.empty() ? "" : table_of(report).text();
  std::map<std::string_view, std::size_t> counts;
  for (const GradedSubmission& one : report.submissions) {
    const std::string_view status = status_of(one);
    counts[status]++;
    if (status == "not_graded" || status == "again")
      text += fmt::format("{} {}: {}{}\n", one.student, one.kit->exercise.id(),
                          status == "again" ? "to be graded again: " : "no grade: ",
                          one.assessment.reason);
  }
  for (const std::string& missing : report.missing) text += missing + "\n";
  text += fmt::format("{}: {} graded", plural(report.submissions.size(), "submission"),
                      counts["graded"]);
  if (counts["not_graded"]) text += fmt::format(", {} without a grade", counts["not_graded"]);
  if (counts["absent"]) text += fmt::format(", {} not handed in", counts["absent"]);
  if (counts["again"]) text += fmt::format(", {} to be graded again", counts["again"]);
  if (!report.missing.empty()) text += fmt::format(", {} without a result", report.missing.size());
  return text + "\n";
}

std::string line_text(const AssessedLine& line, bool chinese) {
  if (line.met) return "";
  std::string text;
  const auto add = [&](const char* what, const std::string& said) {
    if (!said.empty()) text += fmt::format("{}: {}\n", what, said);
  };
  add("expected", line.expected);
  add("seen", line.seen);
  add("think of", line.failed.in(chinese));
  if (!line.around.empty()) text += "in the trace:\n";
  for (const std::string& around : line.around) text += "  " + around + "\n";
  if (!line.lab.empty()) add("look at", "shmpath run " + line.lab);
  return text;
}

std::string submission_text(const GradedSubmission& submission) {
  const Assessment& assessment = submission.assessment;
  std::string text;
  if (!assessment.graded) {
    text += assessment.reason + "\n";
    if (assessment.again) text += "This is no fault of the submission: it is to be graded again.\n";
  }
  for (const std::string& file : assessment.left_out) text += "not taken: " + file + "\n";
  if (!assessment.compiler.empty()) {
    text += "\nwhat the compiler said:\n" + assessment.compiler;
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

}  // namespace shmpath
