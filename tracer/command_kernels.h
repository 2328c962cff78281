// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath vm fetch and shmpath vm list.
#pragma once

#include "tracer/options.h"

namespace shmpath {

// Fetches the kernels named by the options' words, or the default, and newer ones of a series
// that is there already. Throws Failure.
int fetch_kernels(const Options& options);

// Prints the kernels that can be asked for, and which are there.
int list_kernels(const Options& options);

}  // namespace shmpath
