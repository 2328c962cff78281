// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/rubric_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "tracer/words.h"

namespace shmpath {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// What comes nearest to a rule that nothing meets: the same call of the same run, or of any.
const Seen* nearest(const Rule& rule, const CheckedTrace& trace) {
  const Seen* best = nullptr;
  for (const Seen& seen : trace.seen) {
    if (seen.program.empty() || !contains(rule.call, seen.event->name)) continue;
    if (rule.program.empty() || rule.program == seen.program) best = &seen;
  }
  return best;
}

}  // namespace

std::vector<const Seen*> all_that_match(const Rule& rule, const CheckedTrace& trace) {
  std::vector<const Seen*> found;
  for (const Seen& seen : trace.seen)
    if (!seen.program.empty() && matches(rule, seen, trace.functions)) found.push_back(&seen);
  return found;
}

CheckResult check_rule_here(const Rule& rule, const CheckedTrace& trace) {
  const auto found = all_that_match(rule, trace);
  CheckResult result;
  result.met = found.size() >= rule.min && (!rule.max || found.size() <= *rule.max);
  if (result.met) return result;
  result.expected = fmt::format("{} {}", due_text(rule), rule_text(rule));
  const Seen* close = found.empty() ? nearest(rule, trace) : found.back();
  result.seen = fmt::format("{}", found.size());
  if (close) result.seen += (found.empty() ? ", but " : ", the last: ") + seen_call_text(*close);
  result.at = close ? close->event : nullptr;
  return result;
}

namespace {

CheckResult check_calls(const RubricLine& line, const CheckedTrace& trace) {
  for (const Rule& rule : line.see)
    if (CheckResult result = check_rule_here(rule, trace); !result.met) return result;
  return {.met = true, .expected = {}, .seen = {}};
}

// Is there a chain that takes one call of each rule, each begun after the one before has returned?
// Taking the earliest each time finds it if there is one.
CheckResult follow_order(const RubricLine& line, const std::vector<const Seen*>& seen,
                         const CheckedTrace& trace) {
  CheckResult result;
  const Event* after = nullptr;
  const Seen* last = nullptr;
  for (const Rule& rule : line.see) {
    const auto next = std::find_if(seen.begin(), seen.end(), [&](const Seen* one) {
      return (!after || one->event > after) && matches(rule, *one, trace.functions);
    });
    if (next == seen.end()) {
      result.expected = rule_text(rule);
      if (last) result.expected += " after " + seen_call_text(*last);
      return result;
    }
    last = *next;
    result.at = last->event;
    after = last->ret ? last->ret : last->event;
  }
  result.met = true;
  return result;
}

CheckResult check_order(const RubricLine& line, const CheckedTrace& trace) {
  std::map<std::string, std::vector<const Seen*>> parts;
  for (const Seen& seen : trace.seen) {
    if (seen.program.empty()) continue;
    parts[line.within == Within::thread ? fmt::format("{}", seen.event->tid)
          : line.within == Within::run  ? seen.program
                                        : ""]
        .push_back(&seen);
  }
  CheckResult furthest;
  furthest.expected = rule_text(line.see.front());
  for (const auto& [part, seen] : parts) {
    CheckResult result = follow_order(line, seen, trace);
    if (result.met) return result;
    if (result.at && (!furthest.at || result.at > furthest.at)) furthest = result;
  }
  std::vector<std::string> steps;
  for (const Rule& rule : line.see) steps.push_back(rule_text(rule));
  furthest.seen = fmt::format("no {}", furthest.expected);
  furthest.expected = fmt::format("{}", fmt::join(steps, ", then "));
  return furthest;
}

std::set<std::string> values_seen(const Rule& rule, const std::string& name,
                                  const CheckedTrace& trace) {
  std::set<std::string> values;
  for (const Seen* seen : all_that_match(rule, trace))
    if (const Value* value = find_value(*seen, name);
        value && !std::holds_alternative<std::monostate>(*value))
      values.insert(value_text(*value));
  return values;
}

CheckResult check_same_object(const RubricLine& line, const CheckedTrace& trace) {
  CheckResult result;
  std::set<std::string> common;
  std::vector<std::string> said;
  for (std::size_t i = 0; i < line.see.size(); i++) {
    const Rule& rule = line.see[i];
    const std::string& name = line.value.size() == 1 ? line.value[0] : line.value[i];
    const std::set<std::string> values = values_seen(rule, name, trace);
    if (values.empty()) {
      result = check_rule_here(rule, trace);
      result.met = false;
      if (result.expected.empty()) result.expected = rule_text(rule) + " that shows its " + name;
      return result;
    }
    result.at = all_that_match(rule, trace).back()->event;
    said.push_back(fmt::format("{} {} of {}", name, fmt::join(values, " and "), rule_text(rule)));
    std::set<std::string> both;
    std::ranges::set_intersection(common, values, std::inserter(both, both.end()));
    common = i == 0 ? values : both;
  }
  result.met = common.empty() == line.differ;
  result.expected = line.differ ? "two objects" : "one object";
  result.seen = fmt::format("{}", fmt::join(said, "; "));
  return result;
}

CheckResult check_exit(const RubricLine& line, const CheckedTrace& trace) {
  CheckResult result;
  const std::string& run = line.runs.front();
  result.expected = line.signal ? fmt::format("{} ends by signal {}", run, *line.signal)
                                : fmt::format("{} exits with {}", run, *line.code);
  result.seen = run + " did not end, or did not start";
  for (const Seen& seen : trace.seen) {
    const auto process = trace.processes.find(static_cast<pid_t>(seen.event->pid));
    if (seen.event->name != "sched_process_exit" || process == trace.processes.end() ||
        process->second != run || seen.event->pid != seen.event->tid)
      continue;
    const auto code = number_of(find_arg(*seen.event, "code"));
    const Value* signal = find_arg(*seen.event, "signal");
    result.at = seen.event;
    result.seen = run + " ended: " + point_text(*seen.event);
    result.met = line.signal ? number_of(signal) == static_cast<std::int64_t>(*line.signal)
                             : !signal && code == static_cast<std::int64_t>(*line.code);
  }
  return result;
}

CheckResult check_output(const RubricLine& line, const CheckedTrace& trace) {
  const auto found = trace.facts.output.find(line.runs.front());
  const std::string text = found == trace.facts.output.end() ? "" : found->second;
  CheckResult result;
  for (const std::string& wanted : line.lines) {
    bool there = false;
    for (std::size_t from = 0; from < text.size() && !there;) {
      const std::size_t end = std::min(text.find('\n', from), text.size());
      there = fnmatch(wanted.c_str(), text.substr(from, end - from).c_str(), 0) == 0;
      from = end + 1;
    }
    if (there) continue;
    result.expected = fmt::format("the line \"{}\" from {}", wanted, line.runs.front());
    result.seen = text.empty() ? "no output" : fmt::format("\"{:.200}\"", text);
    return result;
  }
  result.met = true;
  return result;
}

CheckResult check_forbidden(const RubricLine& line, const CheckedTrace& trace) {
  for (Rule rule : line.see) {
    rule.min = 0;
    rule.max = 0;
    if (CheckResult result = check_rule_here(rule, trace); !result.met) return result;
  }
  return {.met = true, .expected = {}, .seen = {}};
}

}  // namespace

std::optional<std::int64_t> number_of(const Value* value) {
  if (!value) return std::nullopt;
  if (const auto* number = std::get_if<std::int64_t>(value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(value))
    return static_cast<std::int64_t>(*number);
  return std::nullopt;
}

std::string seen_call_text(const Seen& call) {
  const Event& event = *call.event;
  if (event.type != EventType::enter) return event.name + " " + point_text(event);
  return call_text(event) + (call.ret ? " " + result_text(*call.ret) : "");
}

CheckResult check_line(const RubricLine& line, const CheckedTrace& trace) {
  for (const Rule& rule : line.given)
    if (CheckResult result = check_rule_here(rule, trace); !result.met) return result;
  switch (line.check) {
    case CheckKind::call:
      return check_calls(line, trace);
    case CheckKind::faults:
      return check_faults(line, trace);
    case CheckKind::order:
      return check_order(line, trace);
    case CheckKind::same_object:
      return check_same_object(line, trace);
    case CheckKind::nothing_left:
      return check_nothing_left(line, trace);
    case CheckKind::no_copy:
      return check_no_copy(line, trace);
    case CheckKind::forbidden:
      return check_forbidden(line, trace);
    case CheckKind::exit:
      return check_exit(line, trace);
    case CheckKind::output:
      return check_output(line, trace);
    case CheckKind::tally:
      return check_tally(line, trace);
  }
  return {};
}

}  // namespace shmpath
