// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/show.h"

#include <stdexcept>

#include "tracer/commands.h"
#include "tracer/filter.h"
#include "tracer/html_words.h"
#include "tracer/reference.h"
#include "tracer/sentences.h"

namespace shmpath {

namespace {

Explain explain_names(const Options& options) {
  if (!options.explain) return nullptr;
  auto sentences = std::make_shared<const Sentences>(load_reference(labs_folder(options.labs)));
  return [sentences, chinese = options.chinese()](Layer layer, const std::string& name) {
    return sentences->of(layer, name).in(chinese);
  };
}

std::unique_ptr<Renderer> make_tree(Output& out, const Options& options,
                                    const ShowContext& context) {
  const bool lab = context.flow != nullptr;
  TreeStyle style{.colour = colour_wanted(options),
                  .from_first_step = lab,
                  .width = shown_columns(options),
                  .explain = explain_names(options)};
  return filtered(make_tree_renderer(out, style), {.depth = options.depth,
                                                   .min_ns = options.min_ns,
                                                   .only = options.only,
                                                   .from_first_step = lab});
}

}  // namespace

std::unique_ptr<Renderer> make_renderer(Output& out, const Options& options,
                                        const ShowContext& context) {
  if (options.format == "jsonl") return make_jsonl_renderer(out);
  if (options.format == "strace") return make_strace_renderer(out);
  if (options.format == "perfetto") return make_perfetto_renderer(out);
  if (options.format == "tree") return make_tree(out, options, context);
  if (options.format == "html")
    return make_html_renderer(out, {.catalogue = context.catalogue,
                                    .calls = load_calls(labs_folder(options.labs)),
                                    .flow = context.flow,
                                    .chinese = options.chinese()});
  throw std::logic_error("no such format: " + options.format);  // the options know them all
}

}  // namespace shmpath
