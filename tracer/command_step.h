// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/flow.h"
#include "tracer/options.h"

namespace shmpath {

// shmpath run LAB --step: the lab waits before each step, and the reader is asked. Returns the
// lab's exit status. Throws Failure.
int run_in_steps(const Options& options, const Flow& flow, const Catalogue& catalogue);

// Whether there is a terminal to ask on: standard input, and where the trace goes.
bool asks_on_terminal(const Options& options);

}  // namespace shmpath
