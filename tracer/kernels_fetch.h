// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "tracer/kernels_store.h"

namespace shmpath {

// Fetches the newest kernel of the series into the cache. `asked` is a version that it must have,
// or "". With `any`, one that is there already will do, for another process may have just fetched
// it. Throws Failure; nothing half-done stays that could be taken for whole.
StoredKernel fetch_series(const KernelSeries& series, const std::string& asked, bool any);

// The series' newest that is there whole.
std::optional<StoredKernel> fetched_kernel(const KernelSeries& series, const std::string& asked);

}  // namespace shmpath
