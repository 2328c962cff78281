// SPDX-License-Identifier: BSD-2-Clause
//
// What the runs made and nobody removed: by the trace, and by what the runner found afterwards.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "tracer/rubric_checks.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

struct Made {
  std::size_t count = 0;
  std::map<std::string, const Event*> there;  // by name: where it was made
};

bool ended_well(const Seen& seen) { return seen.ret && seen.ret->error.empty(); }

std::string value_of(const Seen& seen, const char* name) {
  const Value* value = find_value(seen, name);
  return value ? value_text(*value) : "";
}

bool is_asked(const RubricLine& line, const Seen& seen) {
  return std::ranges::find(line.runs, seen.program) != line.runs.end();
}

// Names are removed by whoever removes them, but only what the runs made counts.
void follow_file(const RubricLine& line, const Seen& seen, Made& made) {
  const std::string& call = seen.event->name;
  if (seen.event->layer != Layer::syscall || !ended_well(seen)) return;
  const std::string path = value_of(seen, "pathname");
  if (call == "unlink" || call == "unlinkat") made.there.erase(path);
  const bool creates =
      call == "creat" ||
      (call.starts_with("open") && value_of(seen, "flags").find("O_CREAT") != std::string::npos);
  if (!creates || !is_asked(line, seen) || fnmatch(line.name.c_str(), path.c_str(), 0) != 0) return;
  made.count++;
  made.there.emplace(path, seen.event);
}

void follow_segment(const RubricLine& line, const Seen& seen, Made& made) {
  const std::string& call = seen.event->name;
  if (seen.event->layer != Layer::syscall || !ended_well(seen)) return;
  if (call == "shmctl" && value_of(seen, "cmd") == "IPC_RMID")
    made.there.erase(value_of(seen, "shmid"));
  const bool creates =
      call == "shmget" && (value_of(seen, "key") == "IPC_PRIVATE" ||
                           value_of(seen, "shmflg").find("IPC_CREAT") != std::string::npos);
  if (!creates || !is_asked(line, seen)) return;
  made.count++;
  made.there.emplace(value_of(seen, "ret"), seen.event);
}

void follow_process(const RubricLine& line, const Seen& seen, Made& made) {
  const Event& event = *seen.event;
  if (event.name == "sched_process_exit" && event.pid == event.tid)
    made.there.erase(fmt::format("{}", event.pid));
  if (event.name != "sched_process_fork" || !is_asked(line, seen)) return;
  const std::string child = value_of(seen, "child_pid");
  if (child == fmt::format("{}", event.pid)) return;  // a thread
  made.count++;
  made.there.emplace(child, &event);
}

}  // namespace

CheckResult check_nothing_left(const RubricLine& line, const CheckedTrace& trace) {
  Made made;
  for (const Seen& seen : trace.seen) {
    if (line.object == "file") follow_file(line, seen, made);
    if (line.object == "segment") follow_segment(line, seen, made);
    if (line.object == "process") follow_process(line, seen, made);
  }
  CheckResult result;
  const std::string what = line.name.empty() ? line.object : line.object + " " + line.name;
  result.expected =
      fmt::format("each {} made by {} is gone at the end", what, fmt::join(line.runs, " and "));
  std::vector<std::string> left;
  for (const auto& [name, event] : made.there) {
    left.push_back(name);
    result.at = event;
  }
  for (const LeftBehind& one : trace.facts.left)
    if (one.kind == line.object && !made.there.contains(one.name) &&
        (line.name.empty() || fnmatch(line.name.c_str(), one.name.c_str(), 0) == 0))
      left.push_back(one.name);
  result.met = made.count > 0 && left.empty();
  result.seen = made.count == 0 ? fmt::format("no {} was made", what)
                                : fmt::format("left behind: {}", fmt::join(left, ", "));
  return result;
}

}  // namespace shmpath
