// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/options.h"

namespace shmpath {

// Does, here, what was asked for; the exit status. Throws Failure.
int run_command(const Options& options);

}  // namespace shmpath
