// SPDX-License-Identifier: BSD-2-Clause
//
// Whether text is the JSON trace event format as the renderer promises it: what the published
// format asks for, and what Perfetto needs besides.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace trace_event_format {

using nlohmann::json;

struct TraceEventChecks {
  std::string problem;  // the first one
  void fail(const std::string& what, const json& event) {
    if (problem.empty()) problem = what + ": " + event.dump();
  }

  // Slices nest, times run forward, on each track.
  struct Track {
    double last = 0;
    std::vector<std::string> open;
  };
  std::map<std::uint64_t, Track> tracks;
  std::map<std::uint64_t, json> starts, ends;        // of arrows, by id
  std::set<std::pair<std::uint64_t, double>> marks;  // instants and beginnings, by track and time

  void event(const json& e) {
    for (const char* field : {"ph", "ts", "pid", "tid", "cat", "name"})
      if (!e.is_object() || !e.contains(field)) return fail(std::string("no ") + field, e);
    const std::string phase = e["ph"];
    if (phase == "s" || phase == "f") return arrow(phase, e);
    Track& track = tracks[e["tid"].get<std::uint64_t>()];
    const double ts = e["ts"];
    if (phase != "B" && phase != "E" && phase != "i" && phase != "M") fail("unknown phase", e);
    if (ts < track.last && e.value("s", "") != "g") fail("time runs back", e);
    if (e.value("s", "") != "g") track.last = ts;
    const std::string name = e["cat"].get<std::string>() + ":" + e["name"].get<std::string>();
    if (phase == "i" && e.value("s", "") != "t" && e.value("s", "") != "g") fail("no scope", e);
    if (phase == "i" || phase == "B") marks.emplace(e["tid"].get<std::uint64_t>(), ts);
    if (phase == "B") nest(track, name, e);
    if (phase != "E") return;
    if (track.open.empty() || track.open.back() != name) return fail("ends what is not open", e);
    track.open.pop_back();
  }

  // user > syscall > kernel
  void nest(Track& track, const std::string& name, const json& e) {
    static const std::map<std::string, int> order{
        {"step", 0}, {"user", 1}, {"syscall", 2}, {"kernel", 3}};
    const auto rank = [&](const std::string& slice) {
      const auto found = order.find(slice.substr(0, slice.find(':')));
      return found == order.end() ? -1 : found->second;
    };
    if (rank(name) < 0) fail("unknown category", e);
    if (!track.open.empty() && rank(track.open.back()) > rank(name)) fail("nests upside down", e);
    track.open.push_back(name);
  }

  void arrow(const std::string& phase, const json& e) {
    if (!e.contains("id")) return fail("no id", e);
    if (phase == "f" && e.value("bp", "") != "e") fail("binds to the next slice", e);
    if (!(phase == "s" ? starts : ends).emplace(e["id"].get<std::uint64_t>(), e).second)
      fail("id twice", e);
  }

  void finish() {
    for (const auto& [tid, track] : tracks)
      if (!track.open.empty()) fail("never ends", json(track.open.back()));
    for (const auto& [id, start] : starts) {
      if (!ends.contains(id)) return fail("an arrow without an end", start);
      const json& end = ends[id];
      if (start["ts"] > end["ts"]) fail("an arrow back in time", start);
      for (const char* field : {"cat", "name"})
        if (start[field] != end[field]) fail("an arrow of two names", start);
      for (const json& side : {start, end})
        if (!marks.contains({side["tid"].get<std::uint64_t>(), side["ts"].get<double>()}))
          fail("an arrow at nothing", side);
    }
    for (const auto& [id, end] : ends)
      if (!starts.contains(id)) fail("an arrow without a start", end);
  }
};

// "" when all is well, else the first thing that is wrong.
inline std::string check_trace_events(const std::string& text) {
  const json events = json::parse(text, nullptr, false);
  if (!events.is_array()) return "no JSON array";
  TraceEventChecks checks;
  for (const json& event : events) checks.event(event);
  checks.finish();
  return checks.problem;
}

}  // namespace trace_event_format
