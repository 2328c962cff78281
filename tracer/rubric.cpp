// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/rubric.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "tracer/failure.h"
#include "tracer/rubric_checks.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// Until a run's process executes its program it is still the runner's work.
std::vector<Seen> seen_of_runs(const std::vector<Event>& events,
                               const std::map<pid_t, std::string>& processes) {
  std::vector<Seen> seen = observe(events, processes);
  std::set<std::uint32_t> executed;
  for (Seen& one : seen) {
    const std::uint32_t pid = one.event->pid;
    if (one.event->name == "sched_process_exec") executed.insert(pid);
    if (processes.contains(static_cast<pid_t>(pid)) && !executed.contains(pid)) one.program = "";
  }
  return seen;
}

// The tree of some events of one thread, this one in their middle.
std::vector<std::string> lines_around(const std::vector<Event>& events, const Event* at) {
  constexpr std::size_t before = 4, after = 4;
  if (!at) return {};
  struct Text : Output {
    std::string text;
    void write(std::string_view more) override { text += more; }
    void flush() override {}
  } out;
  std::vector<const Event*> window;
  std::size_t behind = 0;
  for (const Event& event : events) {
    if (event.tid != at->tid || event.type == EventType::lost) continue;
    window.push_back(&event);
    if (&event > at && ++behind == after) break;
    if (&event < at && window.size() > before) window.erase(window.begin());
  }
  auto tree = make_tree_renderer(out, {});
  for (const Event* event : window) tree->event(*event);
  tree->flush();
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < out.text.size();) {
    const std::size_t end = std::min(out.text.find('\n', from), out.text.size());
    lines.push_back(strip_controls(std::string_view(out.text).substr(from, end - from)));
    from = end + 1;
  }
  return lines;
}

std::string why_no_score(const Exercise& exercise, const GradedTrace& trace) {
  if (!trace.complete)
    return "the trace is incomplete: " + (trace.gaps.empty() ? "its end is missing" : trace.gaps);
  if (std::ranges::find(exercise.views, trace.view) == exercise.views.end())
    return fmt::format("the view {} does not show what this exercise asks; it needs {}", trace.view,
                       fmt::join(exercise.views, " or "));
  return "";
}

}  // namespace

std::string Exercise::id() const { return fmt::format("{:02}-{}", number, name); }

std::map<pid_t, std::string> run_processes(const std::vector<Event>& events,
                                           const std::vector<ExerciseRun>& runs) {
  std::vector<std::uint32_t> children;  // of the first process, as forked
  std::map<std::uint32_t, std::string> asked, executed;
  std::uint32_t first = 0;
  for (const Event& event : events) {
    if (first == 0 && event.type == EventType::enter) first = event.pid;
    if (event.name == "sched_process_fork" && event.pid == first)
      children.push_back(static_cast<std::uint32_t>(number_of(event, "child_pid")));
    if (event.name == "execve" && event.type == EventType::enter)
      asked[event.pid] = file_name_of(event);
    if (event.name == "sched_process_exec") executed.emplace(event.pid, asked[event.pid]);
  }
  std::map<pid_t, std::string> processes;
  auto run = runs.begin();
  for (const std::uint32_t child : children)
    if (run != runs.end() && executed[child] == run->program)
      processes[static_cast<pid_t>(child)] = run++->name;
  return processes;
}

Score grade(const Exercise& exercise, const GradedTrace& trace, const RunFacts& facts,
            const std::map<std::string, KernelFunction>& functions) {
  Score score;
  score.of = exercise.points - exercise.hidden_points;
  score.reason = why_no_score(exercise, trace);
  if (!score.reason.empty()) return score;
  const auto processes = run_processes(trace.events, exercise.runs);
  const std::vector<Seen> seen = seen_of_runs(trace.events, processes);
  const CheckedTrace checked{seen, facts, processes, functions};
  for (const RubricLine& line : exercise.lines) {
    CheckResult result = check_line(line, checked);
    LineScore one;
    one.line = &line;
    one.met = result.met;
    one.points = result.met ? line.points : 0;
    if (!result.met) {
      one.expected = strip_controls(result.expected);
      one.seen = strip_controls(result.seen);
      one.around = lines_around(trace.events, result.at);
    }
    score.points += one.points;
    score.lines.push_back(std::move(one));
  }
  return score;
}

}  // namespace shmpath
