// SPDX-License-Identifier: BSD-2-Clause
//
// --record FILE: the trace file beside what is shown.
#pragma once

#include <memory>
#include <string_view>

#include "tracer/options.h"
#include "tracer/render.h"

namespace shmpath {

// Hands on what it is given to `shown` (which outlives it) and writes it to the file of --record,
// packed when that is called so; nothing without --record. Throws Failure.
std::unique_ptr<Renderer> make_recorder(const Options& options, Renderer& shown);

// Whether a file of that name is packed by zstd: FILE.zst.
bool is_packed_name(std::string_view file);

// Before any file is emptied: refuses --record and -o to the same one, or to the one that replay
// reads. Throws Failure.
void check_outputs(const Options& options);

}  // namespace shmpath
