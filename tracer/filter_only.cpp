// SPDX-License-Identifier: BSD-2-Clause
//
// --only NAME: these calls and points, what is inside the calls, and the callers that lead there.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>

#include "tracer/filter.h"
#include "tracer/filter_base.h"

namespace shmpath {
namespace {

struct Caller {
  Event entry;
  Layer layer = Layer::none;
  bool shown = false, chosen = false;
};

// The page fault that a thread is in. Its functions are no calls of anything on the thread.
struct OpenFault {
  Event event;
  bool shown = false;
};

class OnlyFilter : public Filter {
 public:
  OnlyFilter(std::unique_ptr<Renderer> shown, std::vector<std::string> globs, bool from_first_step)
      : Filter(std::move(shown), from_first_step, fmt::format("--only {}", fmt::join(globs, ","))),
        globs_(std::move(globs)) {}

  void summary(const Summary& summary) override {
    calls_.each([&](const Caller& call) {
      if (!call.shown) hide(call.entry);
    });
    Filter::summary(summary);
  }

 private:
  void filter(const Event& event) override {
    if (event.name == "sched_process_exec") calls_.replaced(event);
    if (event.type == EventType::lost || event.type == EventType::step) return show(event);
    auto& callers = calls_.around(event);
    if (event.type == EventType::exit) return leave(callers, event);
    leave_fault(event);
    if (event.type == EventType::enter)
      callers.push_back({event, event.layer, false, chosen(event)});
    if (std::any_of(callers.begin(), callers.end(), [](const Caller& c) { return c.chosen; }) ||
        (event.type == EventType::point && chosen(event)))
      show_with_callers(callers, event);
    else
      hold(callers, event);
    if (event.name == "sched_process_exit") calls_.ended(event);
  }

  // Shown now or, as a caller or a fault that something chosen may yet come of, perhaps later.
  void hold(const std::vector<Caller>& callers, const Event& event) {
    if (event.type == EventType::enter) return;
    if (event.name.starts_with("page_fault_")) {
      faults_[event.tid] = {event, false};
      return;
    }
    if (!always_shown(event)) return hide(event);
    Event placed = event;  // below what is on the screen
    placed.depth = static_cast<std::uint32_t>(
        std::count_if(callers.begin(), callers.end(), [](const Caller& c) { return c.shown; }));
    show(placed);
  }

  void leave(std::vector<Caller>& callers, const Event& event) {
    const bool known = callers.size() == event.depth + 1;
    leave_fault(event);
    if (known && callers.back().shown)
      show(event);
    else if (known)
      hide(callers.back().entry);
    if (known) callers.pop_back();
  }

  // Callers are outermost first, and the fault lies below those that were open when it came.
  void show_with_callers(std::vector<Caller>& callers, const Event& event) {
    auto fault = faults_.find(event.tid);
    auto show_fault = [&] {
      if (fault == faults_.end() || fault->second.shown) return;
      fault->second.shown = true;
      show(fault->second.event);
    };
    for (Caller& caller : callers) {
      if (caller.shown) continue;
      if (fault != faults_.end() && caller.entry.layer == Layer::kernel &&
          caller.entry.depth >= fault->second.event.depth &&
          caller.entry.t >= fault->second.event.t)
        show_fault();
      caller.shown = true;
      show(caller.entry);
    }
    if (event.type == EventType::enter) return;
    if (event.name.starts_with("page_fault_"))
      faults_[event.tid] = {event, true};
    else if (event.in_fault)
      show_fault();
    show(event);
  }

  // As long as the kernel handles the fault, and nothing else has begun.
  void leave_fault(const Event& event) {
    auto fault = faults_.find(event.tid);
    if (fault == faults_.end()) return;
    const bool inside = event.layer == Layer::kernel && event.depth >= fault->second.event.depth &&
                        !event.name.starts_with("page_fault_");
    if (inside) return;
    if (!fault->second.shown) hide(fault->second.event);
    faults_.erase(fault);
  }

  // By its own name, the kernel's, or, for a point, that of a function on its stack.
  bool chosen(const Event& event) const {
    auto is = [&](const std::string& name) {
      return std::any_of(globs_.begin(), globs_.end(), [&](const std::string& glob) {
        return fnmatch(glob.c_str(), name.c_str(), 0) == 0;
      });
    };
    return is(event.name) || (!event.symbol.empty() && is(event.symbol)) ||
           (event.stack && std::any_of(event.stack->begin(), event.stack->end(), is));
  }

  std::vector<std::string> globs_;
  OpenCalls<Caller> calls_;
  std::unordered_map<std::uint32_t, OpenFault> faults_;  // by tid
};

}  // namespace

std::unique_ptr<Renderer> make_only_filter(std::unique_ptr<Renderer> shown,
                                           std::vector<std::string> globs, bool from_first_step) {
  return std::make_unique<OnlyFilter>(std::move(shown), std::move(globs), from_first_step);
}

}  // namespace shmpath
