// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/filter.h"

#include <fmt/format.h>

#include "tracer/filter_base.h"
#include "tracer/words.h"

namespace shmpath {

void Filter::summary(const Summary& summary) {
  Summary with = summary;
  if (calls_ + points_)
    with.hidden.push_back(fmt::format("hidden by {}: {}, {}", option_, plural(calls_, "call"),
                                      plural(points_, "point")));
  shown_->summary(with);
}

namespace {

class DepthFilter : public Filter {
 public:
  DepthFilter(std::unique_ptr<Renderer> shown, std::uint32_t depth, bool from_first_step)
      : Filter(std::move(shown), from_first_step, fmt::format("--depth {}", depth)),
        depth_(depth) {}

 private:
  void filter(const Event& event) override {
    const bool call = event.type == EventType::enter || event.type == EventType::exit;
    if (always_shown(event) || (call ? event.depth < depth_ : event.depth <= depth_))
      show(event);
    else
      hide(event);
  }
  std::uint32_t depth_;
};

}  // namespace

std::unique_ptr<Renderer> make_depth_filter(std::unique_ptr<Renderer> shown, std::uint32_t depth,
                                            bool from_first_step) {
  return std::make_unique<DepthFilter>(std::move(shown), depth, from_first_step);
}

// What is looked for is looked for in all of the trace; how deep it lies is asked last.
std::unique_ptr<Renderer> filtered(std::unique_ptr<Renderer> shown, const Filters& filters) {
  const bool lab = filters.from_first_step;
  if (filters.depth) shown = make_depth_filter(std::move(shown), *filters.depth, lab);
  if (filters.min_ns) shown = make_duration_filter(std::move(shown), filters.min_ns, lab);
  if (!filters.only.empty()) shown = make_only_filter(std::move(shown), filters.only, lab);
  return shown;
}

}  // namespace shmpath
