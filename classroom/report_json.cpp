// SPDX-License-Identifier: BSD-2-Clause
//
// The report of our own. docs/results.schema.json describes it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "classroom/report.h"

namespace shmpath {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Text& text) { return {{"en", text.en}, {"zh", text.zh}}; }

Json json_of(const AssessedLine& line) {
  Json json{{"id", line.id},         {"text", json_of(line.text)}, {"met", line.met},
            {"points", line.points}, {"worth", line.worth},        {"hidden", line.hidden}};
  if (!line.lab.empty()) json["lab"] = line.lab;
  if (line.met || (line.expected.empty() && line.seen.empty())) return json;
  json["failed"] = json_of(line.failed);
  json["expected"] = line.expected;
  json["seen"] = line.seen;
  json["around"] = line.around;
  return json;
}

Json json_of(const GradedSubmission& submission) {
  const Assessment& assessment = submission.assessment;
  Json json{{"student", submission.student},
            {"exercise", submission.kit->exercise.id()},
            {"status", status_of(submission)},
            {"points", assessment.points},
            {"of", assessment.of},
            {"hidden_points", assessment.hidden_points}};
  if (!assessment.graded) json["reason"] = assessment.reason;
  json["lines"] = Json::array();
  for (const AssessedLine& line : assessment.lines) json["lines"].push_back(json_of(line));
  json["compiler"] = assessment.compiler;
  json["left_out"] = assessment.left_out;
  json["place"] = assessment.place;
  json["view"] = assessment.view;
  json["kernel"] = assessment.kernel;
  json["build_s"] = assessment.build_s;
  json["run_s"] = assessment.run_s;
  return json;
}

}  // namespace

std::string class_json(const ClassReport& report) {
  Json json{{"format", results_format}, {"shmpath", report.version}};
  json["exercises"] = Json::array();
  std::set<std::string> told;
  for (const GradedSubmission& one : report.submissions) {
    const Exercise& exercise = one.kit->exercise;
    if (!told.insert(exercise.id()).second) continue;
    json["exercises"].push_back({{"id", exercise.id()},
                                 {"number", exercise.number},
                                 {"title", json_of(exercise.title)},
                                 {"points", exercise.points}});
  }
  json["submissions"] = Json::array();
  for (const GradedSubmission& one : report.submissions)
    json["submissions"].push_back(json_of(one));
  json["missing"] = report.missing;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace shmpath
