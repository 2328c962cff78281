// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/show.h"

#include "tracer/commands.h"
#include "tracer/failure.h"
#include "tracer/html_words.h"
#include "tracer/reference.h"

namespace shmpath {

std::unique_ptr<Renderer> make_renderer(Output& out, const Options& options,
                                        const ShowContext& context) {
  if (options.format == "jsonl") return make_jsonl_renderer(out);
  if (options.format == "tree")
    return make_tree_renderer(
        out, {.colour = colour_wanted(options), .from_first_step = context.flow != nullptr});
  if (options.format == "html")
    return make_html_renderer(out, {.catalogue = context.catalogue,
                                    .calls = load_calls(labs_folder(options.labs)),
                                    .flow = context.flow,
                                    .chinese = options.chinese()});
  throw Failure("--format " + options.format, "not in this version of shmpath",
                "use --format tree, jsonl or html");
}

}  // namespace shmpath
