// SPDX-License-Identifier: BSD-2-Clause
//
// --min-duration: a call that took less is hidden with all inside it, which took less still. How
// long a call takes is known when it returns, or when something happens that much later: until then
// it and what follows it is held back, in order.
#include <deque>

#include "tracer/filter.h"
#include "tracer/filter_base.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

constexpr std::size_t most_held = 1 << 16;
// When a trace pauses, what is open has been so for as long as this, about.
constexpr std::uint64_t pause_ns = 100'000'000;

struct Timed {
  Layer layer = Layer::none;
  std::uint64_t sequence = 0;  // of its entry
};

class DurationFilter : public Filter {
 public:
  DurationFilter(std::unique_ptr<Renderer> shown, std::uint64_t min_ns, bool from_first_step)
      : Filter(std::move(shown), from_first_step, "--min-duration " + duration_text(min_ns)),
        min_ns_(min_ns) {}

  void summary(const Summary& summary) override {
    settle_all();
    Filter::summary(summary);
  }
  void idle() override {
    if (min_ns_ <= pause_ns) settle_all();
    Filter::idle();
  }

 private:
  struct Held {
    Event event;
    bool open = false;    // a call of which it is not known how long it takes
    bool hidden = false;  // one that was too short, or inside one
  };

  void filter(const Event& event) override {
    while (!held_.empty() && (held_.size() > most_held || is_long(held_.front().event, event)))
      settle_first();
    if (event.name == "sched_process_exec") calls_.replaced(event);
    const bool has_calls = event.type != EventType::lost && event.type != EventType::step;
    if (!has_calls) return hold({event});
    auto& calls = calls_.around(event);
    const std::uint64_t sequence = first_ + held_.size();
    hold({event, event.type == EventType::enter});
    if (event.type == EventType::enter) calls.push_back({event.layer, sequence});
    if (event.type == EventType::exit && calls.size() == event.depth + 1) {
      judge(calls.back().sequence, event);
      calls.pop_back();
    }
    if (event.name == "sched_process_exit") calls_.ended(event);
    release();
  }

  bool is_long(const Event& entry, const Event& now) const {
    return now.t > entry.t && now.t - entry.t >= min_ns_;
  }

  void hold(Held held) {
    held_.push_back(std::move(held));
    release();
  }

  // The call has returned. If it was let go already, it was long enough.
  void judge(std::uint64_t sequence, const Event& exit) {
    if (sequence < first_) return;
    auto entry = held_.begin() + static_cast<std::ptrdiff_t>(sequence - first_);
    entry->open = false;
    if (!exit.ns || *exit.ns >= min_ns_) return;
    for (auto held = entry; held != held_.end(); held++)
      if (held->event.tid == exit.tid && !always_shown(held->event)) {
        held->hidden = true;
        held->open = false;
      }
  }

  // What is known for certain, up to the first that is not.
  void release() {
    while (!held_.empty() && !held_.front().open) pass_first();
  }
  void settle_first() {
    held_.front().open = false;
    release();
  }
  void settle_all() {
    while (!held_.empty()) pass_first();
  }
  void pass_first() {
    const Held first = std::move(held_.front());
    held_.pop_front();
    first_++;
    first.hidden ? hide(first.event) : show(first.event);
  }

  std::uint64_t min_ns_;
  OpenCalls<Timed> calls_;
  std::deque<Held> held_;
  std::uint64_t first_ = 0;  // sequence of held_.front()
};

}  // namespace

std::unique_ptr<Renderer> make_duration_filter(std::unique_ptr<Renderer> shown,
                                               std::uint64_t min_ns, bool from_first_step) {
  return std::make_unique<DurationFilter>(std::move(shown), min_ns, from_first_step);
}

}  // namespace shmpath
