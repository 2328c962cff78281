// SPDX-License-Identifier: BSD-2-Clause
//
// The straight line without a kernel: the trace file, path, renderer.
#pragma once

#include "tracer/render.h"
#include "tracer/trace_reader.h"

namespace shmpath {

// All that can be read goes to the renderer. Where the file ends early that is said there too
// (Summary::cut_off), before the Failure is thrown.
void replay(TraceReader& reader, Renderer& renderer);

}  // namespace shmpath
