// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "classroom/assess.h"
#include "classroom/judge_wire.h"
#include "tracer/failure.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 6;
constexpr std::size_t most_compiler_bytes = 1 << 16;
constexpr unsigned most_points = 1'000'000;
constexpr const char* no_assessment = "no assessment of a submission";

Json text_json(const Text& text) { return {{"en", text.en}, {"zh", text.zh}}; }

// What a result file says may have been written by anybody.
class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  [[noreturn]] void refuse(const std::string& reason) const {
    throw Failure("cannot read " + name_, reason, "grade the submission again");
  }
  const Json& member(const Json& object, const char* key) const {
    if (!object.is_object()) refuse(no_assessment);
    const auto found = object.find(key);
    if (found == object.end()) refuse(fmt::format("`{}` is missing: {}", key, no_assessment));
    return *found;
  }
  std::string text(const Json& object, const char* key) const {
    return strip_controls(raw(object, key));
  }
  std::string raw(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    if (!value.is_string()) refuse(fmt::format("`{}` is no text", key));
    return value.get<std::string>();
  }
  Text both(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    return {text(value, "en"), text(value, "zh")};
  }
  bool truth(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    if (!value.is_boolean()) refuse(fmt::format("`{}` is neither true nor false", key));
    return value.get<bool>();
  }
  unsigned points(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most_points)
      refuse(fmt::format("`{}` is no number of points", key));
    return value.get<unsigned>();
  }
  double seconds(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    const double number = value.is_number() ? value.get<double>() : -1;
    if (!(number >= 0 && number < 1e9)) refuse(fmt::format("`{}` is no time", key));
    return number;
  }
  std::vector<std::string> texts(const Json& object, const char* key) const {
    const Json& value = member(object, key);
    std::vector<std::string> all;
    if (!value.is_array()) refuse(fmt::format("`{}` is no list", key));
    for (const Json& one : value) {
      if (!one.is_string()) refuse(fmt::format("`{}` is no list of texts", key));
      all.push_back(strip_controls(one.get_ref<const std::string&>()));
    }
    return all;
  }

 private:
  std::string name_;
};

Json line_json(const AssessedLine& line) {
  return {{"id", line.id},         {"text", text_json(line.text)},
          {"points", line.points}, {"worth", line.worth},
          {"met", line.met},       {"hidden", line.hidden},
          {"seen", line.seen},     {"failed", text_json(line.failed)},
          {"lab", line.lab},       {"expected", line.expected},
          {"around", line.around}};
}

AssessedLine parse_line(const Reader& read, const Json& json) {
  AssessedLine line{.id = read.text(json, "id"),
                    .text = read.both(json, "text"),
                    .points = read.points(json, "points"),
                    .worth = read.points(json, "worth"),
                    .met = read.truth(json, "met"),
                    .hidden = read.truth(json, "hidden"),
                    .failed = read.both(json, "failed"),
                    .expected = read.text(json, "expected"),
                    .seen = read.text(json, "seen"),
                    .around = read.texts(json, "around"),
                    .lab = read.text(json, "lab")};
  if (line.points != (line.met ? line.worth : 0))
    read.refuse("a line has points that it is not worth");
  return line;
}

Json parse_json(const Reader& read, const std::string& text) {
  bool deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > deepest;
    return !deep;
  };
  Json json = Json::parse(text, shallow, false);
  if (deep || !json.is_object()) read.refuse(no_assessment);
  return json;
}

}  // namespace

std::string assessment_json(const Assessment& assessment) {
  Json lines = Json::array();
  for (const AssessedLine& line : assessment.lines) lines.push_back(line_json(line));
  const Json json = {{"exercise", assessment.exercise},
                     {"graded", assessment.graded},
                     {"again", assessment.again},
                     {"reason", assessment.reason},
                     {"points", assessment.points},
                     {"of", assessment.of},
                     {"hidden_points", assessment.hidden_points},
                     {"lines", lines},
                     {"compiler", assessment.compiler},
                     {"left_out", assessment.left_out},
                     {"place", assessment.place},
                     {"view", assessment.view},
                     {"kernel", assessment.kernel},
                     {"build_s", assessment.build_s},
                     {"run_s", assessment.run_s}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Assessment parse_assessment(const std::string& text, const std::string& name) {
  const Reader read(name);
  const Json json = parse_json(read, text);
  Assessment assessment{.exercise = read.text(json, "exercise"),
                        .graded = read.truth(json, "graded"),
                        .again = read.truth(json, "again"),
                        .reason = read.text(json, "reason"),
                        .points = read.points(json, "points"),
                        .of = read.points(json, "of"),
                        .hidden_points = read.points(json, "hidden_points"),
                        .lines = {},
                        .compiler = printable(read.raw(json, "compiler"), most_compiler_bytes),
                        .left_out = read.texts(json, "left_out"),
                        .place = read.text(json, "place"),
                        .view = read.text(json, "view"),
                        .kernel = read.text(json, "kernel"),
                        .build_s = read.seconds(json, "build_s"),
                        .run_s = read.seconds(json, "run_s")};
  const Json& lines = read.member(json, "lines");
  if (!lines.is_array()) read.refuse(no_assessment);
  unsigned points = 0, worth = 0;
  for (const Json& line : lines) {
    assessment.lines.push_back(parse_line(read, line));
    points += assessment.lines.back().points;
    worth += assessment.lines.back().worth;
  }
  if (points != assessment.points || worth != assessment.of)
    read.refuse("its lines do not add up to its points");
  if (!assessment.graded && points) read.refuse("it has points, and says that it was not graded");
  return assessment;
}

}  // namespace shmpath
