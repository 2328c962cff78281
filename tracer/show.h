// SPDX-License-Identifier: BSD-2-Clause
//
// From the options to the renderer of a trace, live or replayed.
#pragma once

#include <memory>

#include "tracer/flow.h"
#include "tracer/options.h"
#include "tracer/render.h"

namespace shmpath {

// What a renderer may want to know beside the trace. It must outlive the renderer.
struct ShowContext {
  const Catalogue& catalogue;
  const Flow* flow = nullptr;  // of the lab that is traced; none: another program
};

std::unique_ptr<Renderer> make_renderer(Output& out, const Options& options,
                                        const ShowContext& context);

}  // namespace shmpath
