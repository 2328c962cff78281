// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/show.h"

#include "tracer/commands.h"
#include "tracer/failure.h"

namespace shmpath {

std::unique_ptr<Renderer> make_renderer(Output& out, const Options& options,
                                        const ShowContext& context) {
  if (options.format == "jsonl") return make_jsonl_renderer(out);
  if (options.format == "strace") return make_strace_renderer(out);
  if (options.format == "perfetto") return make_perfetto_renderer(out);
  if (options.format == "tree")
    return make_tree_renderer(
        out, {.colour = colour_wanted(options), .from_first_step = context.flow != nullptr});
  throw Failure("--format " + options.format, "not in this version of shmpath",
                "use --format tree, strace, jsonl or perfetto");
}

}  // namespace shmpath
