// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/options.h"

namespace shmpath {

// shmpath vm fetch and shmpath vm list.
int fetch_kernels(const Options& options);
int list_kernels(const Options& options);

}  // namespace shmpath
