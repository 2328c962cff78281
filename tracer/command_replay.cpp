// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath replay FILE: the straight line without a kernel: the trace file, path, renderer.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tracer/commands.h"
#include "tracer/failure.h"
#include "tracer/flow.h"
#include "tracer/output.h"
#include "tracer/record.h"
#include "tracer/show.h"
#include "tracer/trace_reader.h"

namespace shmpath {
namespace {

// What a file may make us remember and indent. A real trace has a dozen calls and some hundred
// threads.
constexpr std::uint32_t most_depth = 256;
constexpr std::size_t most_threads = 1 << 16;

// A lab that this catalogue does not have is shown as any other program.
const Flow* flow_of(const Catalogue& catalogue, const std::string& lab) {
  auto found = std::find_if(catalogue.flows.begin(), catalogue.flows.end(),
                            [&](const Flow& flow) { return flow.id() == lab; });
  return found == catalogue.flows.end() ? nullptr : &*found;
}

class Replay {
 public:
  Replay(TraceReader& reader, Renderer& renderer) : reader_(reader), renderer_(renderer) {}

  // All that can be read goes to the renderer. Where the file ends early that is said there too,
  // before the Failure is thrown.
  void run() {
    renderer_.header(reader_.header());
    for (TraceEvent line; next(line);) {
      if (line.after_idle) renderer_.idle();
      path_.add(std::move(line.event));
    }
    renderer_.summary(cut_ ? cut_summary() : reader_.summary());
    if (cut_) throw Failure(*cut_);
  }

 private:
  bool next(TraceEvent& line) {
    try {
      if (depth_ > most_depth) reader_.fail(fmt::format("calls nest deeper than {}", most_depth));
      if (path_.threads() > most_threads)
        reader_.fail(fmt::format("more than {} threads at once", most_threads));
      return reader_.next(line);
    } catch (const Failure& failure) {
      cut_ = failure;
      return false;
    }
  }

  Summary cut_summary() {
    path_.finish();
    Summary summary;
    summary.counts = path_.counts();
    const std::string& reason = cut_->reason();
    summary.cut_off = (reason.starts_with("cut off") ? "" : "cut off: ") + reason;
    return summary;
  }

  TraceReader& reader_;
  Renderer& renderer_;
  std::uint32_t depth_ = 0;  // of the last event
  Path path_{[this](const Event& event) {
               depth_ = event.depth;
               renderer_.event(event);
             },
             Path::From::file};
  std::optional<Failure> cut_;
};

}  // namespace

int replay_trace(const Options& options) {
  const Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  TraceReader reader(open_trace_source(options.file), trace_source_name(options.file));
  check_outputs(options);
  auto out = open_output(options.output.empty() ? "-" : options.output);
  auto renderer =
      make_renderer(*out, options, {catalogue, flow_of(catalogue, reader.header().lab)});
  auto recorder = make_recorder(options, *renderer);
  Replay(reader, recorder ? *recorder : *renderer).run();
  return 0;
}

}  // namespace shmpath
