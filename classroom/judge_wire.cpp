// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/judge_wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tracer/failure.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_blobs = 256, most_runs = 100;
constexpr int deepest = 6;
constexpr std::size_t most_name_bytes = 512;
constexpr double most_seconds = 1e6;

struct EndName {
  JudgeEnd end;
  const char* name;
};
constexpr EndName end_names[] = {{JudgeEnd::ran, "ran"},
                                 {JudgeEnd::not_built, "not_built"},
                                 {JudgeEnd::build_too_long, "build_too_long"},
                                 {JudgeEnd::run_too_long, "run_too_long"},
                                 {JudgeEnd::too_much, "too_much"},
                                 {JudgeEnd::broken, "broken"}};

[[noreturn]] void refuse(const std::string& reason) {
  throw Failure("the judge's message", reason, "try again");
}

Json parse_line(std::string_view line) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > deepest) refuse("it is nested too deep");
    return true;
  };
  Json head = Json::parse(line.begin(), line.end(), shallow, false);
  if (!head.is_object()) refuse("it is no JSON object");
  return head;
}

std::string message(Json head, const std::vector<std::string_view>& blobs) {
  Json lengths = Json::array();
  for (const std::string_view blob : blobs) lengths.push_back(blob.size());
  head["blobs"] = std::move(lengths);
  std::string bytes = head.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
  for (const std::string_view blob : blobs) bytes += blob;
  return bytes;
}

const Json& member(const Json& object, const char* name) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

void require_type(const WireMessage& message, const char* type) {
  const Json& said = member(message.head, "type");
  if (!said.is_string() || said.get_ref<const std::string&>() != type)
    refuse(fmt::format("it is no {}", type));
}

std::string text(const Json& json, std::size_t most = most_name_bytes) {
  if (!json.is_string()) refuse("a text is missing");
  const auto& value = json.get_ref<const std::string&>();
  if (value.size() > most) refuse("a text is too long");
  return value;
}

double number(const Json& json, double least, double most) {
  if (!json.is_number()) refuse("a number is missing");
  const double value = json.get<double>();
  if (!std::isfinite(value) || value < least || value > most) refuse("a number is out of bounds");
  return value;
}

const Json& list(const Json& json, std::size_t most) {
  if (!json.is_array()) refuse("a list is missing");
  if (json.size() > most) refuse("a list is too long");
  return json;
}

std::vector<std::string> texts(const Json& json, std::size_t most) {
  std::vector<std::string> all;
  for (const Json& one : list(json, most)) all.push_back(text(one, most_line_bytes));
  return all;
}

JudgeEnd end_of(const std::string& name) {
  for (const EndName& one : end_names)
    if (name == one.name) return one.end;
  refuse("it says no end that is known");
}

const char* name_of(JudgeEnd end) {
  for (const EndName& one : end_names)
    if (end == one.end) return one.name;
  return "broken";
}

std::string kind_of(const Json& json) {
  std::string kind = text(json);
  if (kind != "file" && kind != "segment" && kind != "process")
    refuse("something left has no kind that is known");
  return kind;
}

}  // namespace

std::optional<WireMessage> WireReader::next() {
  if (!begun_) {
    const std::size_t end = bytes_.find('\n');
    if (std::min(end, bytes_.size()) > most_line_bytes) refuse("its line is too long");
    if (end == std::string::npos) return std::nullopt;
    begun_ = WireMessage{parse_line(std::string_view(bytes_).substr(0, end)), {}};
    bytes_.erase(0, end + 1);
    lengths_.clear();
    total_ = 0;
    for (const Json& length : list(member(begun_->head, "blobs"), most_blobs)) {
      if (!length.is_number_unsigned()) refuse("a length is no number");
      const auto bytes = length.get<std::uint64_t>();
      if (bytes > most_message_bytes - total_) refuse("it is too long");
      lengths_.push_back(bytes);
      total_ += bytes;
    }
  }
  if (bytes_.size() < total_) return std::nullopt;
  std::size_t from = 0;
  for (const std::size_t length : lengths_) {
    begun_->blobs.push_back(bytes_.substr(from, length));
    from += length;
  }
  bytes_.erase(0, total_);
  return std::exchange(begun_, std::nullopt);
}

std::string encode_hello(double slowness) {
  return message({{"type", "hello"}, {"slowness", slowness}}, {});
}

double decode_hello(const WireMessage& message) {
  require_type(message, "hello");
  return number(member(message.head, "slowness"), 1, most_slowness);
}

std::string encode_job(const JudgeJob& job) {
  Json files = Json::array(), runs = Json::array();
  std::vector<std::string_view> blobs;
  for (const SubmissionFile& file : job.files) {
    files.push_back(file.name);
    blobs.push_back(file.bytes);
  }
  for (const ExerciseRun& run : job.runs)
    runs.push_back(
        {{"name", run.name}, {"program", run.program}, {"args", run.args}, {"beside", run.beside}});
  return message({{"type", "job"},
                  {"files", files},
                  {"programs", job.programs},
                  {"runs", runs},
                  {"needs", job.needs},
                  {"seconds", job.seconds},
                  {"view", job.view}},
                 blobs);
}

JudgeJob decode_job(const WireMessage& message) {
  require_type(message, "job");
  const Json& head = message.head;
  JudgeJob job;
  const auto names = texts(member(head, "files"), most_blobs);
  if (names.size() != message.blobs.size()) refuse("it has not each file's bytes");
  for (std::size_t i = 0; i < names.size(); i++) job.files.push_back({names[i], message.blobs[i]});
  job.programs = texts(member(head, "programs"), most_runs);
  for (const Json& run : list(member(head, "runs"), most_runs)) {
    const Json& beside = member(run, "beside");
    job.runs.push_back({text(member(run, "name")), text(member(run, "program")),
                        texts(member(run, "args"), most_blobs),
                        beside.is_boolean() && beside.get<bool>()});
  }
  job.needs = texts(member(head, "needs"), most_runs);
  job.seconds = static_cast<unsigned>(number(member(head, "seconds"), 0, 100000));
  job.view = text(member(head, "view"));
  for (const SubmissionFile& file : job.files)
    if (!is_plain_name(file.name)) refuse("a file has a name that it may not have");
  for (const ExerciseRun& run : job.runs)
    if (!is_plain_name(run.program)) refuse("a program has a name that it may not have");
  return job;
}

std::string encode_report(const JudgeReport& report) {
  Json runs = Json::array(), left = Json::array();
  std::vector<std::string_view> blobs{report.said, report.trace};
  for (const auto& [run, output] : report.facts.output) {
    runs.push_back(run);
    blobs.push_back(output);
  }
  for (const LeftBehind& one : report.facts.left)
    left.push_back({{"kind", one.kind}, {"name", one.name}});
  return message({{"type", "report"},
                  {"end", name_of(report.end)},
                  {"runs", runs},
                  {"left", left},
                  {"slowness", report.slowness},
                  {"build_s", report.build_s},
                  {"run_s", report.run_s},
                  {"ahead", report.ahead ? 1 : 0}},
                 blobs);
}

JudgeReport decode_report(const WireMessage& message, const JudgeJob& job) {
  require_type(message, "report");
  const Json& head = message.head;
  JudgeReport report;
  report.end = end_of(text(member(head, "end")));
  const auto runs = texts(member(head, "runs"), most_runs);
  if (message.blobs.size() != runs.size() + 2) refuse("it has not each run's output");
  report.said = printable(message.blobs[0], most_said_bytes);
  report.trace = message.blobs[1];
  if (report.trace.size() > most_trace_bytes) refuse("its trace is too long");
  for (std::size_t i = 0; i < runs.size(); i++) {
    if (std::ranges::find(job.runs, runs[i], &ExerciseRun::name) == job.runs.end())
      refuse("it has the output of a run that was not asked for");
    if (message.blobs[i + 2].size() > most_run_output) refuse("an output is too long");
    report.facts.output[runs[i]] = message.blobs[i + 2];
  }
  for (const Json& one : list(member(head, "left"), most_left))
    report.facts.left.push_back(
        {kind_of(member(one, "kind")), strip_controls(text(member(one, "name"), 8192))});
  report.slowness = number(member(head, "slowness"), 1, most_slowness);
  report.build_s = number(member(head, "build_s"), 0, most_seconds);
  report.run_s = number(member(head, "run_s"), 0, most_seconds);
  report.ahead = number(member(head, "ahead"), 0, 1) != 0;
  return report;
}

std::string printable(std::string_view text, std::size_t most_bytes) {
  constexpr std::string_view cut = "...\n";
  std::string lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = strip_controls(text.substr(from, end - from)) + "\n";
    if (lines.size() + line.size() + cut.size() > most_bytes) return lines += cut;
    lines += line;
    from = end + 1;
  }
  return lines;
}

}  // namespace shmpath
