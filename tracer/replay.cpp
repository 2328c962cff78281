// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/replay.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "tracer/failure.h"
#include "tracer/path.h"

namespace shmpath {
namespace {

// What a file may make us remember and indent. A real trace has a dozen calls and some hundred
// threads.
constexpr std::uint32_t most_depth = 256;
constexpr std::size_t most_threads = 1 << 16;

class Replay {
 public:
  Replay(TraceReader& reader, Renderer& renderer) : reader_(reader), renderer_(renderer) {}

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

void replay(TraceReader& reader, Renderer& renderer) { Replay(reader, renderer).run(); }

}  // namespace shmpath
