// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <memory>

#include "tracer/render.h"

namespace shmpath {

// Packs by zstd what is written, and writes it on to `packed`. Without end() the file is cut off,
// and says so to whoever unpacks it. Throws as `packed` does.
std::unique_ptr<Output> pack_output(std::unique_ptr<Output> packed);

}  // namespace shmpath
