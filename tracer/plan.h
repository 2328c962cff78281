// SPDX-License-Identifier: BSD-2-Clause
//
// How a trace is to be made on this machine: which view, and why not a better one.
#pragma once

#include "tracer/flow.h"
#include "tracer/options.h"
#include "tracer/session.h"

namespace shmpath {

// Of any program: every documented function is probed.
SessionPlan program_plan(const Options& options, const Catalogue& catalogue);
// Of a lab: those that its flow and claims speak of.
SessionPlan lab_plan(const Flow& flow, const Options& options, const Catalogue& catalogue);

}  // namespace shmpath
