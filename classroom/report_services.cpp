// SPDX-License-Identifier: BSD-2-Clause
//
// The result files of two services, each of one submission. docs/grading.md says where their
// fields are published. Students read these: of a hidden line they have the points and nothing
// else.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "classroom/grade_store.h"
#include "classroom/report.h"
#include "tracer/screen_text.h"

namespace shmpath {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A line of the whole submission, for who reads no tests.
std::string head_text(const GradedSubmission& submission) {
  const Assessment& assessment = submission.assessment;
  const std::string head =
      assessment.graded ? fmt::format("{}: {} of {} points\n", submission.kit->exercise.id(),
                                      assessment.points, assessment.of)
                        : fmt::format("{}: there is no grade\n", submission.kit->exercise.id());
  return head + submission_text(submission);
}

std::string not_looked_at(const GradedSubmission& submission) {
  return "not looked at: " + submission.assessment.reason + "\n";
}

std::string said_of(const GradedSubmission& submission, const AssessedLine& line, bool chinese) {
  if (!submission.assessment.graded) return not_looked_at(submission);
  return line_text(line, chinese);
}

Json gradescope_test(const GradedSubmission& submission, const AssessedLine& line,
                     std::size_t number, bool chinese) {
  return {{"score", line.points},
          {"max_score", line.worth},
          {"status", line.met ? "passed" : "failed"},
          {"name", line.text.in(chinese)},
          {"name_format", "text"},
          {"number", std::to_string(number)},
          {"output", said_of(submission, line, chinese)},
          {"output_format", "text"},
          {"visibility", line.hidden ? "hidden" : "visible"}};
}

Json classroom_test(const GradedSubmission& submission, const AssessedLine& line,
                    std::size_t number, bool chinese) {
  const bool error = !submission.assessment.graded;
  const std::string name =
      line.hidden ? fmt::format("line {} (hidden)", number) : line.text.in(chinese);
  const std::string said = line.hidden && !error ? "" : said_of(submission, line, chinese);
  return {{"name", name},
          {"status", line.met ? "pass"
                     : error  ? "error"
                              : "fail"},
          {"score", line.points},
          {"message", said.empty() ? Json() : Json(log_text(said))},
          {"test_code", fmt::format("shmpath exercise check {}", submission.kit->exercise.id())},
          {"filename", ""},
          {"line_no", 0},
          {"duration", 0}};
}

}  // namespace

std::string log_text(std::string_view text) {
  std::string out;
  for (std::string line : lines_of(text)) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string::npos && line.compare(first, 2, "::") == 0) line.insert(first, "'");
    for (std::size_t at = line.find("##["); at != std::string::npos; at = line.find("##["))
      line.insert(at + 1, " ");
    out += line + "\n";
  }
  return out;
}

std::string gradescope_json(const GradedSubmission& submission, bool chinese) {
  const Assessment& assessment = submission.assessment;
  Json json{{"score", assessment.points},
            {"execution_time", static_cast<unsigned>(assessment.build_s + assessment.run_s)},
            {"output", head_text(submission)},
            {"output_format", "text"},
            {"test_output_format", "text"},
            {"test_name_format", "text"},
            {"visibility", "visible"},
            {"stdout_visibility", "hidden"}};
  json["tests"] = Json::array();
  for (std::size_t i = 0; i < assessment.lines.size(); i++)
    json["tests"].push_back(gradescope_test(submission, assessment.lines[i], i + 1, chinese));
  return dumped(json);
}

std::string classroom_json(const GradedSubmission& submission, bool chinese) {
  const Assessment& assessment = submission.assessment;
  const bool all = assessment.graded && assessment.points == assessment.of;
  Json json{{"version", 1},
            {"status", all                 ? "pass"
                       : assessment.graded ? "fail"
                                           : "error"},
            {"max_score", assessment.of}};
  json["tests"] = Json::array();
  for (std::size_t i = 0; i < assessment.lines.size(); i++)
    json["tests"].push_back(classroom_test(submission, assessment.lines[i], i + 1, chinese));
  if (!assessment.reason.empty() && !json["tests"].empty()) {
    Json whole = json["tests"][0];
    whole["name"] = "the submission as a whole";
    whole["status"] = assessment.graded ? "fail" : "error";
    whole["score"] = 0;
    whole["message"] = log_text(submission_text(submission));
    json["tests"].insert(json["tests"].begin(), whole);
  }
  return dumped(json);
}

std::map<std::filesystem::path, std::string> report_files(const ClassReport& report,
                                                          const std::string& format) {
  std::map<std::filesystem::path, std::string> files;
  for (const GradedSubmission& one : report.submissions) {
    if (one.absent) continue;
    const bool gradescope = format == "gradescope";
    files[std::filesystem::path(safe_file_name(one.student)) / one.kit->exercise.id() /
          (gradescope ? "results.json" : "result.json")] =
        gradescope ? gradescope_json(one, report.chinese) : classroom_json(one, report.chinese);
  }
  return files;
}

}  // namespace shmpath
