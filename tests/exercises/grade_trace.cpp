// SPDX-License-Identifier: BSD-2-Clause
//
// grade_trace EXERCISE.toml TRACE FACTS.json NONCE PAYLOAD LABS: what the rubric says of a trace,
// as JSON.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/path.h"
#include "tracer/rubric_file.h"
#include "tracer/trace_reader.h"

using namespace shmpath;
using Json = nlohmann::json;

namespace {

std::string read_needed(const char* file) {
  auto text = read_file(file);
  if (!text)
    throw Failure(fmt::format("cannot read {}", file), "it cannot be opened", "name another");
  return *text;
}

RunFacts read_facts(const char* file) {
  const Json json = Json::parse(read_needed(file));
  RunFacts facts;
  for (const auto& [run, text] : json.at("output").items()) facts.output[run] = text;
  for (const Json& one : json.at("left")) facts.left.push_back({one.at("kind"), one.at("name")});
  return facts;
}

struct TraceFile {
  std::vector<Event> events;
  std::string view;
  Summary summary;
};

TraceFile read_trace(const char* file) {
  TraceFile trace;
  TraceReader reader(open_trace_source(file), file);
  Path path([&](const Event& event) { trace.events.push_back(event); }, Path::From::file);
  for (TraceEvent line; reader.next(line);) path.add(std::move(line.event));
  path.finish();
  trace.view = reader.header().view;
  trace.summary = reader.summary();
  return trace;
}

Json to_json(const Score& score) {
  Json json = {{"points", score.points}, {"of", score.of}, {"reason", score.reason}};
  json["lines"] = Json::array();
  for (const LineScore& line : score.lines)
    json["lines"].push_back({{"id", line.line->id},
                             {"met", line.met},
                             {"points", line.points},
                             {"worth", line.line->points},
                             {"failed", line.line->failed.en},
                             {"expected", line.expected},
                             {"seen", line.seen},
                             {"around", line.around},
                             {"lab", line.line->lab}});
  return json;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 7)
    throw Failure("grade_trace", "six arguments are due",
                  "EXERCISE.toml TRACE FACTS.json NONCE PAYLOAD LABS");
  const Exercise exercise =
      with_nonce(parse_exercise(read_needed(argv[1]), argv[1]), argv[4], argv[5]);
  const Catalogue catalogue = load_catalogue(argv[6]);
  for (const RubricLine& line : exercise.lines)
    if (!line.lab.empty()) catalogue.lab(line.lab);
  const TraceFile trace = read_trace(argv[2]);
  const Score score = grade(
      exercise, {trace.events, trace.view, trace.summary.complete(), gaps_text(trace.summary)},
      read_facts(argv[3]), catalogue.functions);
  const std::string text = to_json(score).dump(1, ' ', false, Json::error_handler_t::replace);
  std::puts(text.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
