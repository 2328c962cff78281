// SPDX-License-Identifier: BSD-2-Clause
//
// Scaffolding until the kernel store is there.
#include "tracer/command_kernels.h"

#include "tracer/failure.h"

namespace shmpath {

int fetch_kernels(const Options& /*options*/) { throw Failure("vm fetch", "not merged yet", ""); }

int list_kernels(const Options& /*options*/) { throw Failure("vm list", "not merged yet", ""); }

}  // namespace shmpath
