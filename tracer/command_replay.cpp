// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>

#include "tracer/commands.h"
#include "tracer/flow.h"
#include "tracer/output.h"
#include "tracer/record.h"
#include "tracer/replay.h"
#include "tracer/show.h"
#include "tracer/trace_reader.h"

namespace shmpath {
namespace {

// A lab that this catalogue does not have is shown as any other program.
const Flow* flow_of(const Catalogue& catalogue, const std::string& lab) {
  auto found = std::find_if(catalogue.flows.begin(), catalogue.flows.end(),
                            [&](const Flow& flow) { return flow.id() == lab; });
  return found == catalogue.flows.end() ? nullptr : &*found;
}

}  // namespace

int replay_trace(const Options& options) {
  const Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  TraceReader reader(open_trace_source(options.file), trace_source_name(options.file));
  check_outputs(options);
  auto out = open_output(options.output.empty() ? "-" : options.output);
  auto renderer =
      make_renderer(*out, options, {catalogue, flow_of(catalogue, reader.header().lab)});
  auto recorder = make_recorder(options, *renderer);
  replay(reader, recorder ? *recorder : *renderer);
  return 0;
}

}  // namespace shmpath
