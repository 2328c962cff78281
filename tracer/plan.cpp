// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/plan.h"

#include <filesystem>
#include <set>

#include "tracer/failure.h"

namespace shmpath {

namespace {

WantedFunction wanted(const KernelFunction& function, const Catalogue& catalogue) {
  return {function.name, function.names, function.args, hosts_of(function, catalogue.functions)};
}

// Those asked for by --functions, which need not be documented, or else those of `names` that are.
void choose_functions(SessionPlan& plan, const Options& options, const std::set<std::string>& names,
                      const Catalogue& catalogue) {
  if (options.view == "tracepoints" || options.view == "syscalls") {
    if (!options.functions.empty())
      throw Failure("--functions", "the " + options.view + " view probes none", "leave --view out");
    return;
  }
  for (const std::string& name : names)
    if (auto found = catalogue.functions.find(name);
        options.functions.empty() && found != catalogue.functions.end())
      plan.functions.push_back(wanted(found->second, catalogue));
  for (const std::string& name : options.functions) {
    auto found = catalogue.functions.find(name);
    plan.functions.push_back(found == catalogue.functions.end() ? WantedFunction{name, {}, {}, {}}
                                                                : wanted(found->second, catalogue));
  }
  plan.probes.functions = plan.functions.size();
  plan.probes.only_functions = !options.functions.empty();
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
  plan.probes.functions_needed = options.view == "functions" || !options.functions.empty();
  plan.probes.attach = options.attach;
  plan.why = options.why;
  plan.by_ptrace = options.view == "syscalls";
  return plan;
}

SessionPlan program_plan(const Options& options, const Catalogue& catalogue) {
  SessionPlan plan = base_plan(options);
  std::set<std::string> names;
  for (const auto& [name, function] : catalogue.functions) names.insert(name);
  choose_functions(plan, options, names, catalogue);
  return plan;
}

SessionPlan lab_plan(const Flow& flow, const Options& options, const Catalogue& catalogue) {
  SessionPlan plan = base_plan(options);
  plan.lab = flow.id();
  choose_functions(plan, options, functions_of(flow), catalogue);
  // They may run in another folder than ours: the VM has disks for them.
  for (const std::string& program : flow.programs)
    plan.commands.push_back({std::filesystem::absolute(flow.folder) / program});
  for (const std::string& program : flow.started)
    plan.started.push_back(std::filesystem::absolute(flow.folder) / program);
  return plan;
}

}  // namespace shmpath
