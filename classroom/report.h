// SPDX-License-Identifier: BSD-2-Clause
//
// A class's grades, for people and for other programs. Pure. What submissions say is hostile: it
// is escaped for each format, and no hidden line is told where a student may read.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "classroom/assess.h"
#include "classroom/exercises.h"

namespace shmpath {

inline constexpr std::string_view results_format = "shmpath.results/1";

struct GradedSubmission {
  std::string student;
  const ExerciseKit* kit = nullptr;
  Assessment assessment;
  bool absent = false;  // nothing was handed in
};

struct ClassReport {
  std::vector<GradedSubmission> submissions;  // by student, then by number
  std::vector<std::string>
      missing;          // what has no result, each with the reason: there should be none
  std::string version;  // of shmpath
  bool chinese = false;
};

// "graded" (also with no points for what does not build), "not_graded" (there is nothing to judge),
// "again" or "absent".
std::string_view status_of(const GradedSubmission& submission);

// For a terminal: students and exercises, then what has no points, with the reasons.
std::string class_table(const ClassReport& report);

std::string class_json(const ClassReport& report);   // docs/results.schema.json
std::string class_csv(const ClassReport& report);    // RFC 4180, a row for each submission
std::string class_junit(const ClassReport& report);  // a test suite for each submission

// Of one submission each: Gradescope's results.json, and what a runner gives to GitHub Classroom's
// reporter (before base64).
std::string gradescope_json(const GradedSubmission& submission, bool chinese);
std::string classroom_json(const GradedSubmission& submission, bool chinese);

// What a line that was not met has to say: expected, seen, what to think of, the trace about there.
std::string line_text(const AssessedLine& line, bool chinese);

// Why there is no grade, and what the compiler said and what was not taken, as far as there is any.
std::string submission_text(const GradedSubmission& submission);

// Fit for XML 1.0: as text with lines, and in one line.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);

// For the log of GitHub's runner, which obeys a line that begins with :: or has ##[ in it.
std::string log_text(std::string_view text);

// A cell that a spreadsheet takes for text, quoted where it must be.
std::string csv_cell(std::string_view text);

// The files to write for "gradescope" and "classroom": by path, below the folder.
std::map<std::filesystem::path, std::string> report_files(const ClassReport& report,
                                                          const std::string& format);

}  // namespace shmpath
