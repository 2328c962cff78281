// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "classroom/judge.h"
#include "classroom/runs_tracer.h"
#include "classroom/workshop.h"

namespace shmpath {

// Runs what was built, once, under the tracer, and notes in the report how it ended, the trace, the
// outputs and what is left behind, which is then removed.
void trace_runs(const JudgeJob& job, const Workshop& workshop, RunsTracer& tracer,
                JudgeReport& report);

}  // namespace shmpath
