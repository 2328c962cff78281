// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/plan.h"

#include <filesystem>

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

SessionPlan base_plan(const Options& options) {
  SessionPlan plan;
  plan.probes = {.follow = !options.no_follow,
                 .ring_bytes = options.buffer_bytes,
                 .verify_stacks = options.verify_stacks};
  plan.why =
      options.view == "tracepoints" ? "as asked" : "this version of shmpath has no other view";
  return plan;
}

SessionPlan lab_plan(const Flow& flow, const Options& options) {
  SessionPlan plan = base_plan(options);
  for (const std::string& program : flow.programs)
    plan.commands.push_back({std::filesystem::path(flow.folder) / program});
  return plan;
}

}  // namespace shmpath
