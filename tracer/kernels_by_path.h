// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/kernels.h"

namespace shmpath {

// The kernel whose image this is. Its modules are looked for near it and in /lib/modules; what is
// missing for booting (modules.dep, unpacked boot modules) is made in the cache, for the folder may
// be read-only. Throws Failure.
GuestKernel kernel_by_path(const std::string& path);

}  // namespace shmpath
