// SPDX-License-Identifier: BSD-2-Clause
//
// The trace for the Perfetto UI. Calls are slices on their thread's track, which nest; steps are
// slices on a track beside it; points are instants. An arrow leads from the allocation of a folio,
// which is when it is queued, to its insertion into an LRU list. It is written when the insertion
// is seen, for only then is it known that there is one: readers order events by time.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "tracer/json_text.h"
#include "tracer/render.h"
#include "tracer/trace_events.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

// The tracks of steps have numbers that no thread has: the kernel's PID_MAX_LIMIT is 2^22.
constexpr std::uint32_t steps_track = 1U << 30;
constexpr std::size_t most_origins = 65536;  // as many as path remembers

constexpr std::string_view return_missed = R"("unfinished":"its return was missed")";
constexpr std::string_view not_returned = R"("unfinished":"had not returned")";
constexpr std::string_view replaced_by_exec = R"("unfinished":"its program was replaced")";

struct OpenCall {
  Layer layer;
  std::string name;
  bool gone = false;  // its program was replaced: path does not count it any more
};

struct Track {
  TrackId id;
  std::uint64_t now = 0;  // a time that would run back is this one: slices must not overlap
  std::vector<OpenCall> open;
  std::string step;  // under way, "" for none
  bool steps_named = false;
  TrackId steps() const { return {id.pid, steps_track | id.tid}; }
};

class PerfettoRenderer : public Renderer {
 public:
  explicit PerfettoRenderer(Output& out) : out_(out), events_(out) {}

  void header(const Header& header) override;
  void event(const Event& event) override;
  void summary(const Summary& summary) override;
  void flush() override { out_.flush(); }

 private:
  struct Origin {
    TrackId track;
    std::uint64_t t;
  };

  Track& track_of(const Event& event);
  void enter(Track& track, const Event& event);
  void leave(Track& track, const Event& event);
  void point(Track& track, const Event& event);
  void connect(const Track& track, const Event& insertion);
  void step(Track& track, const Event& event);
  void end_step(Track& track);
  void close(Track& track, std::string_view args);
  void close_down_to(Track& track, std::size_t depth, std::string_view args);
  void forked(const Event& event);
  void replaced(Track& track, const Event& event);
  void take_over(Track& track, Track& old);
  void ended(Track& track);
  void end_track(Track& track);

  Output& out_;
  TraceEvents events_;
  std::map<std::uint32_t, Track> tracks_;              // by tid
  std::map<std::uint32_t, std::string> names_;         // of processes, by pid
  std::unordered_map<std::uint64_t, Origin> origins_;  // of folios that may yet be inserted, by pfn
  std::uint64_t last_t_ = 0;
};

void PerfettoRenderer::header(const Header& header) {
  std::string args = R"("kernel":)";
  append_value(args, printable(header.kernel));
  append_field(args, "machine", printable(header.machine));
  append_field(args, "place", printable(header.place));
  append_field(args, "view", printable(header.view));
  append_field(args, "why", printable(header.why));
  if (!header.lab.empty()) append_field(args, "lab", printable(header.lab));
  append_field(args, "command", printable(fmt::format("{}", fmt::join(header.command, " "))));
  append_field(args, "probes", std::uint64_t{header.attached});
  std::vector<std::string> missing;
  for (const MissingProbe& probe : header.missing)
    missing.push_back(printable(probe.name + ": " + probe.reason));
  append_list(args, "missing", missing);
  events_.global_instant(0, "trace", fmt::format("{} view on {}", header.view, header.place), args);
}

Track& PerfettoRenderer::track_of(const Event& event) {
  Track& track = tracks_[event.tid];
  track.now = std::max(track.now, event.t);
  if (track.id.pid == event.pid && track.id.tid == event.tid) return track;
  end_track(track);  // another process's, which had the number before
  track.id = {event.pid, event.tid};
  if (const auto name = names_.find(event.pid); name != names_.end())
    events_.name_track(track.id, track.now, "thread_name", name->second);
  return track;
}

void PerfettoRenderer::event(const Event& event) {
  last_t_ = std::max(last_t_, event.t);
  if (event.type == EventType::lost)
    return events_.global_instant(event.t, "lost", plural(event.count, "event") + " lost here",
                                  fmt::format(R"("count":{})", event.count));
  Track& track = track_of(event);
  if (event.type == EventType::enter) enter(track, event);
  if (event.type == EventType::exit) leave(track, event);
  if (event.type == EventType::point) point(track, event);
  if (event.type == EventType::step) step(track, event);
}

void PerfettoRenderer::close(Track& track, std::string_view args) {
  const OpenCall& call = track.open.back();
  events_.end(track.id, track.now, layer_name(call.layer), call.name, args);
  track.open.pop_back();
}

// Closes the calls that lie deeper than path says the event does.
void PerfettoRenderer::close_down_to(Track& track, std::size_t depth, std::string_view args) {
  auto count = static_cast<std::size_t>(std::ranges::count(track.open, false, &OpenCall::gone));
  while (!track.open.empty() && (count > depth || track.open.back().gone)) {
    const bool gone = track.open.back().gone;
    close(track, gone ? replaced_by_exec : args);
    count -= !gone;
  }
}

void PerfettoRenderer::enter(Track& track, const Event& event) {
  close_down_to(track, event.depth, return_missed);
  events_.begin(track.id, track.now, layer_name(event.layer), event.name, event_members(event));
  track.open.push_back({event.layer, event.name});
}

void PerfettoRenderer::leave(Track& track, const Event& event) {
  close_down_to(track, std::size_t{event.depth} + 1, return_missed);
  if (track.open.empty() || track.open.back().layer != event.layer ||
      track.open.back().name != event.name)
    return;  // its entry is not in the trace
  std::string args = R"("ret":)";
  const auto* text = std::get_if<std::string>(&event.ret);
  append_value(args, text ? Value{printable(*text)} : event.ret);
  if (!event.error.empty()) {
    append_field(args, "error", printable(event.error));
    events_.instant(track.id, track.now, "error", event.error);  // seen without a click
  }
  if (!event.args.empty()) {
    Event out = event;
    out.symbol.clear();  // the entry has it
    args += R"(,"out":{)" + event_members(out) + '}';
  }
  close(track, args);
}

void PerfettoRenderer::point(Track& track, const Event& event) {
  if (event.name == "page_fault_user") close_down_to(track, event.depth, return_missed);
  if (const Value* name = find_arg(event, "drained_by"))
    events_.name_track(track.id, track.now, "thread_name", value_text(*name));
  events_.instant(track.id, track.now, "point", event.name, event_members(event));
  if (event.name == "mm_page_alloc") {
    if (origins_.size() >= most_origins) origins_.clear();
    origins_[number_of(event, "pfn")] = {track.id, track.now};
  }
  if (event.name == "mm_lru_insertion") connect(track, event);
  if (event.name == "sched_process_fork") forked(event);
  if (event.name == "sched_process_exec") replaced(track, event);
  if (event.name == "sched_process_exit") ended(track);
}

void PerfettoRenderer::connect(const Track& track, const Event& insertion) {
  const auto origin = origins_.extract(number_of(insertion, "pfn"));
  if (!origin || number_of(insertion, "queued_by") != origin.mapped().track.pid) return;
  events_.arrow(origin.mapped().track, origin.mapped().t, track.id, track.now,
                "queued for the LRU");
}

void PerfettoRenderer::step(Track& track, const Event& event) {
  end_step(track);
  track.step = fmt::format("step {}: {}", event.number, event.text);
  if (!std::exchange(track.steps_named, true))
    events_.name_track(track.steps(), track.now, "thread_name",
                       fmt::format("steps of {}", event.tid));
  events_.begin(track.steps(), track.now, "step", track.step,
                fmt::format(R"("number":{})", event.number));
}

void PerfettoRenderer::end_step(Track& track) {
  if (!track.step.empty()) events_.end(track.steps(), track.now, "step", track.step);
  track.step.clear();
}

// A child has its parent's name until it executes a program. Its number may be used again.
void PerfettoRenderer::forked(const Event& event) {
  const auto pid = static_cast<std::uint32_t>(number_of(event, "child_pid"));
  const auto old = tracks_.find(static_cast<std::uint32_t>(number_of(event, "child_tid")));
  if (old != tracks_.end() && old->first != event.tid) {
    end_track(old->second);
    tracks_.erase(old);
  }
  const auto parent = names_.find(event.pid);
  if (pid == event.pid || parent == names_.end()) return;
  const std::string name = parent->second;
  names_[pid] = name;
  events_.name_track({pid, pid}, event.t, "process_name", name);
}

void PerfettoRenderer::replaced(Track& track, const Event& event) {
  if (const Value* comm = find_arg(event, "comm")) {
    names_[event.pid] = value_text(*comm);
    for (const char* what : {"process_name", "thread_name"})
      events_.name_track(track.id, track.now, what, names_[event.pid]);
  }
  end_step(track);
  const auto old = tracks_.find(static_cast<std::uint32_t>(number_of(event, "old_tid")));
  if (old != tracks_.end() && old->first != event.tid) {
    old->second.now = std::max(old->second.now, event.t);
    take_over(track, old->second);
    tracks_.erase(old);
  }
  for (OpenCall& call : track.open) call.gone |= call.layer == Layer::user;
}

// A thread that was not the first called execve: it goes on under the number of the first.
void PerfettoRenderer::take_over(Track& track, Track& old) {
  close_down_to(track, 0, not_returned);
  std::vector<OpenCall> open = old.open;
  end_step(old);
  close_down_to(old, 0, fmt::format(R"("goes_on_as":{})", track.id.tid));
  std::erase_if(open, [](const OpenCall& call) { return call.layer == Layer::user; });
  for (const OpenCall& call : open)
    events_.begin(track.id, track.now, layer_name(call.layer), call.name,
                  fmt::format(R"("began_as":{})", old.id.tid));
  track.open = std::move(open);
}

// What the kernel does from here on is inside exit, which does not return.
void PerfettoRenderer::ended(Track& track) {
  end_step(track);
  while (!track.open.empty() && !never_returns(track.open.back().name)) close(track, not_returned);
}

void PerfettoRenderer::end_track(Track& track) {
  end_step(track);
  while (!track.open.empty())
    close(track, never_returns(track.open.back().name) ? "" : not_returned);
}

void PerfettoRenderer::summary(const Summary& summary) {
  for (auto& [tid, track] : tracks_) {
    // a call under way lasts until the trace ends; exit, until the thread's last sign of life
    const bool exits = !track.open.empty() && never_returns(track.open.front().name);
    if (!exits) track.now = std::max(track.now, last_t_);
    end_track(track);
  }
  std::string args = R"("gaps":)";
  append_value(args, gaps_text(summary));
  append_field(args, "events", summary.counts.events);
  append_field(args, "unfinished", summary.counts.unfinished);
  append_field(args, "cut", summary.counts.cut);
  if (summary.signal)
    append_field(args, "signal", static_cast<std::uint64_t>(summary.signal));
  else if (summary.exit_code >= 0)
    append_field(args, "exit_code", static_cast<std::uint64_t>(summary.exit_code));
  events_.global_instant(last_t_, "trace", summary.complete() ? "complete" : "incomplete", args);
  events_.finish();
}

}  // namespace

std::unique_ptr<Renderer> make_perfetto_renderer(Output& out) {
  return std::make_unique<PerfettoRenderer>(out);
}

}  // namespace shmpath
