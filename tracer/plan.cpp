// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/plan.h"

#include <filesystem>
#include <set>

#include "tracer/failure.h"

namespace shmpath {

MachineView machine_view() {
  try {
    Probes probes(ProbeOptions{.follow = true, .ring_bytes = 4096, .verify_stacks = false});
    return {true, "the tracepoints view works here"};
  } catch (const Failure& failure) {
    return {false, failure.what()};
  }
}

namespace {

WantedFunction wanted(const KernelFunction& function, const Catalogue& catalogue) {
  return {function.name, function.names, function.args, hosts_of(function, catalogue.functions)};
}

void want(SessionPlan& plan, const std::set<std::string>& names, const Catalogue& catalogue) {
  for (const std::string& name : names)
    if (auto found = catalogue.functions.find(name); found != catalogue.functions.end())
      plan.functions.push_back(wanted(found->second, catalogue));
  plan.probes.functions = plan.functions.size();
}

// What the lab's flow and claims speak of.
std::set<std::string> functions_of(const Flow& flow) {
  std::set<std::string> names;
  for (const FlowStep& step : flow.steps) names.insert(step.kernel.begin(), step.kernel.end());
  for (const Claim& claim : flow.claims)
    for (const Rule& rule : claim.see) {
      names.insert(rule.call.begin(), rule.call.end());
      names.insert(rule.stack.begin(), rule.stack.end());
    }
  return names;
}

}  // namespace

SessionPlan base_plan(const Options& options) {
  SessionPlan plan;
  plan.probes = {.follow = !options.no_follow,
                 .ring_bytes = options.buffer_bytes,
                 .verify_stacks = options.verify_stacks};
  plan.probes.functions_needed = options.view == "functions";
  plan.why = "x";
  if (const char* a = getenv("SHMPATH_ATTACH")) plan.probes.attach = a;
  return plan;
}

SessionPlan program_plan(const Options& options, const Catalogue& catalogue) {
  SessionPlan plan = base_plan(options);
  std::set<std::string> names;
  for (const auto& [name, function] : catalogue.functions) names.insert(name);
  if (options.view != "tracepoints") want(plan, names, catalogue);
  return plan;
}

SessionPlan lab_plan(const Flow& flow, const Options& options, const Catalogue& catalogue) {
  SessionPlan plan = base_plan(options);
  if (options.view != "tracepoints") want(plan, functions_of(flow), catalogue);
  for (const std::string& program : flow.programs)
    plan.commands.push_back({std::filesystem::path(flow.folder) / program});
  return plan;
}

}  // namespace shmpath
