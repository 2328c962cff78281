// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/html_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "tracer/check.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Finds the row of what was seen.
class Rows {
 public:
  Rows(const HtmlTrace& trace, const std::vector<Event>& events)
      : trace_(trace), first_(events.data()) {}
  std::int64_t of(const Seen& seen) const {
    return trace_.row_of(static_cast<std::size_t>(seen.event - first_));
  }

 private:
  const HtmlTrace& trace_;
  const Event* first_;
};

Json steps_of(const HtmlSubject& subject, const std::vector<StepFindings>& steps,
              const Rows& rows) {
  Json all = Json::array();
  for (const StepFindings& step : steps) {
    Json findings = Json::array();
    for (const Finding& finding : step.findings)
      findings.push_back({{"layer", finding.kind},
                          {"name", finding.name},
                          {"source", finding.source},
                          {"status", strip_controls(finding.status)},
                          {"row", finding.first ? rows.of(*finding.first) : -1},
                          {"count", finding.count}});
    all.push_back({{"program", step.step->program},
                   {"number", step.step->number},
                   {"text", step.step->text.in(subject.chinese)},
                   {"findings", findings}});
  }
  return all;
}

Json claims_of(const HtmlSubject& subject, const CheckInput& input, const Rows& rows) {
  constexpr std::size_t most_witnesses = 1000;  // of one claim; the verdict has counted them all
  Json all = Json::array();
  for (const ClaimResult& result : judge_claims(input)) {
    const Claim& claim = *result.claim;
    std::set<std::int64_t> witnesses;
    for (const Rule& rule : claim.see)
      for (const Seen& seen : input.seen)
        if (witnesses.size() < most_witnesses && matches(rule, seen, input.functions))
          witnesses.insert(rows.of(seen));
    const char* expected = claim.expect == Expect::holds     ? "holds"
                           : claim.expect == Expect::differs ? "differs"
                                                             : "depends";
    all.push_back({{"id", claim.id},
                   {"text", claim.text.in(subject.chinese)},
                   {"truth", claim.truth.in(subject.chinese)},
                   {"expected", expected},
                   {"as_expected", result.as_expected()},
                   {"verdict", verdict_text(result.verdict)},
                   {"said", strip_controls(result.said)},
                   {"rows", witnesses}});
  }
  return all;
}

// The documented step that each group of the trace is: its place in the flow, or -1.
Json documented_steps(const Flow& flow, const HtmlTrace& trace, const std::vector<Seen>& all,
                      const Rows& rows) {
  std::vector<int> places(trace.groups(), -1);
  for (const Seen& seen : all) {
    const std::size_t group = trace.group_of(rows.of(seen));
    if (group == 0 || places[group] >= 0) continue;
    for (std::size_t i = 0; i < flow.steps.size(); i++)
      if (flow.steps[i].program == seen.program &&
          flow.steps[i].number == trace.number_of_group(group))
        places[group] = static_cast<int>(i);
  }
  return places;
}

}  // namespace

std::map<pid_t, std::string> first_processes(const std::vector<Event>& events, const Flow& flow) {
  std::map<pid_t, std::string> programs;
  std::set<std::uint64_t> forked;  // and alive
  for (const Event& event : events) {
    if (event.name == "sched_process_fork") forked.insert(number_of(event, "child_pid"));
    if (event.name == "sched_process_exit" && event.pid == event.tid) forked.erase(event.pid);
    // a process may be seen earlier, while it is held: its CPU drained another's folios then
    const bool begins = event.type == EventType::enter && event.name == "execve";
    if (begins && !forked.contains(event.pid) && programs.size() < flow.programs.size())
      programs.emplace(static_cast<pid_t>(event.pid), flow.programs[programs.size()]);
  }
  return programs;
}

std::string reference_json(const HtmlSubject& subject, const StringTable& strings) {
  std::unordered_set<std::string_view> there;
  for (const std::string& text : strings.strings()) there.insert(text);
  Json all = Json::array();
  auto add = [&](const std::string& layer, const std::string& name, const Text& text,
                 const std::string& source, const std::string& page) {
    if (there.contains(name))
      all.push_back(Json::array({layer, name, text.in(subject.chinese), source, page}));
  };
  for (const Call& call : subject.calls)
    for (const std::string& layer : call.layers) {
      add(layer, call.name, call.text, call.source, call.man);
      for (const std::string& name : call.names) add(layer, name, call.text, call.source, call.man);
    }
  for (const auto& [documented, function] : subject.catalogue.functions)
    for (const std::string& name : all_names(documented, subject.catalogue.functions))
      add("kernel", name, function.text, function.source, name == documented ? "" : documented);
  return dumped(all);
}

std::string flow_json(const HtmlSubject& subject, const HtmlTrace& trace,
                      const std::vector<Event>& events, const Header& header,
                      const Summary& summary) {
  if (!subject.flow) return "null";
  const Flow& flow = *subject.flow;
  const std::vector<Seen> seen = observe(events, first_processes(events, flow), flow.started);
  const CheckInput input{flow, subject.catalogue.functions, seen, nullptr, header, summary, {}};
  const Rows rows(trace, events);
  return dumped({{"id", flow.id()},
                 {"title", flow.title.in(subject.chinese)},
                 {"programs", flow.programs},
                 {"steps", steps_of(subject, compare_steps(input), rows)},
                 {"groups", documented_steps(flow, trace, seen, rows)},
                 {"claims", claims_of(subject, input, rows)}});
}

}  // namespace shmpath
