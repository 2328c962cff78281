// SPDX-License-Identifier: BSD-2-Clause
//
// How a trace is to be made on this machine: which view, and why not a better one.
#pragma once

#include <string>

#include "tracer/flow.h"
#include "tracer/options.h"
#include "tracer/session.h"

namespace shmpath {

struct MachineView {
  bool works;
  std::string said;  // one sentence: the view, or what is missing
};
MachineView machine_view();

SessionPlan program_plan(const Options& options, const Catalogue& catalogue);
SessionPlan lab_plan(const Flow& flow, const Options& options, const Catalogue& catalogue);

}  // namespace shmpath
