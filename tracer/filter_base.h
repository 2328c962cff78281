// SPDX-License-Identifier: BSD-2-Clause
//
// What the filters have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tracer/first_steps.h"
#include "tracer/render.h"

namespace shmpath {

// Hands on what it is given. A filter overrides filter(), and show()s what it lets through.
class Filter : public Renderer {
 public:
  Filter(std::unique_ptr<Renderer> shown, bool from_first_step, std::string option)
      : shown_(std::move(shown)), from_first_step_(from_first_step), option_(std::move(option)) {}

  void header(const Header& header) override { shown_->header(header); }
  void event(const Event& event) final {
    const bool began = !from_first_step_ || steps_.reached(event);
    began ? filter(event) : show(event);
  }
  void summary(const Summary& summary) override;
  void flush() override { shown_->flush(); }
  void idle() override { shown_->idle(); }

 protected:
  virtual void filter(const Event& event) = 0;
  void show(const Event& event) { shown_->event(event); }
  void hide(const Event& event) {
    calls_ += event.type == EventType::enter;
    points_ += event.type == EventType::point;
  }

 private:
  std::unique_ptr<Renderer> shown_;
  bool from_first_step_;
  std::string option_;
  FirstSteps steps_;
  std::uint64_t calls_ = 0, points_ = 0;
};

inline bool always_shown(const Event& event) {
  return event.type == EventType::step || event.type == EventType::lost ||
         event.name.starts_with("sched_process_");
}

// The open calls of each thread, outermost first, kept by the depth that path gave their events.
template <typename Call>
class OpenCalls {
 public:
  // Those around the event; for an exit, with the one that returns. What did not return is gone.
  std::vector<Call>& around(const Event& event) {
    std::vector<Call>& calls = threads_[event.tid];
    const std::size_t most = event.depth + (event.type == EventType::exit ? 1U : 0U);
    if (calls.size() > most) calls.resize(most);
    return calls;
  }
  // The program was replaced: what it had called in user space does not return.
  void replaced(const Event& exec) {
    const auto old = static_cast<std::uint32_t>(number_arg(exec, "old_tid").value_or(exec.tid));
    if (old != exec.tid) threads_[exec.tid] = std::exchange(threads_[old], {});
    std::erase_if(threads_[exec.tid], [](const Call& call) { return call.layer == Layer::user; });
  }
  void ended(const Event& exit) { threads_.erase(exit.tid); }
  template <typename Act>
  void each(Act act) {
    for (auto& [tid, calls] : threads_)
      for (Call& call : calls) act(call);
  }

 private:
  std::unordered_map<std::uint32_t, std::vector<Call>> threads_;  // by tid
};

}  // namespace shmpath
