// SPDX-License-Identifier: BSD-2-Clause
//
// The trace as a tree that grows while one looks: calls nest, a fault shows the
// kernel's path, and what repeats is shown once with a count.
#include <fmt/format.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "tracer/first_steps.h"
#include "tracer/render.h"
#include "tracer/tree_lines.h"
#include "tracer/tree_thread.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

Ink ink_of(const Event& event) {
  return event.layer == Layer::user     ? Ink::user
         : event.layer == Layer::kernel ? Ink::kernel
                                        : Ink::syscall;
}

constexpr std::size_t most_ended = 64;

class TreeRenderer : public Renderer {
 public:
  TreeRenderer(Output& out, const TreeStyle& style)
      : out_(out), lines_(out, style), style_(style) {}

  void header(const Header& header) override;
  void event(const Event& event) override;
  void summary(const Summary& summary) override;
  void flush() override { out_.flush(); }
  void idle() override {
    settle_everything();
    out_.flush();
  }

 private:
  bool before_first_step(const Event& event);
  bool handles_fault(const ThreadLines& thread, const Event& event) const;
  void show(ThreadLines& thread, const Event& event);
  void enter(ThreadLines& thread, const Event& event);
  void leave(ThreadLines& thread, const Event& event);
  void point(ThreadLines& thread, const Event& event);
  void settle(std::uint32_t tid, ThreadLines& thread);
  void settle_everything();
  void end_repeats(std::uint32_t tid, ThreadLines& thread);
  void close_fault(std::uint32_t tid, ThreadLines& thread);
  void end(std::uint32_t tid, ThreadLines& thread);
  void take_child(const Event& fork);
  // Names the process and thread where there are several.
  std::string who(std::uint32_t pid, std::uint32_t tid) const {
    auto found = threads_.find(tid);
    const bool alive = found != threads_.end() && !found->second.ended && !foreign_.contains(tid);
    if (threads_.size() - ended_.size() - foreign_.size() <= (alive ? 1U : 0U)) return "";
    return pid == tid ? fmt::format("[{}] ", pid) : fmt::format("[{}/{}] ", pid, tid);
  }

  Output& out_;
  TreeLines lines_;
  TreeStyle style_;
  std::map<std::uint32_t, ThreadLines> threads_;  // by tid; those alive, and of the others
  std::deque<std::uint32_t> ended_;               // these, the last that ended
  std::set<std::uint32_t> foreign_;  // those not traced, that drained a batch of folios
  FirstSteps steps_;
  std::uint64_t skipped_ = 0;
  bool functions_view_ = false;
};

void TreeRenderer::header(const Header& header) {
  functions_view_ = header.view == "functions";
  if (functions_view_) lines_.hide_paths();
  lines_.begin(header);
  out_.flush();
}

void TreeRenderer::event(const Event& event) {
  if (before_first_step(event)) return;
  if (event.type == EventType::lost) {
    settle_everything();
    lines_.line("", 0, Ink::bad, fmt::format("... {} lost here ...", plural(event.count, "event")));
    return;
  }
  if (event.name != "mm_lru_insertion" || !find_arg(event, "drained_by"))
    foreign_.erase(event.tid);
  else if (!threads_.contains(event.tid))
    foreign_.insert(event.tid);
  ThreadLines& thread = threads_[event.tid];
  thread.pid = event.pid;
  if (handles_fault(thread, event)) {
    thread.fault->body.push_back(event);
    return;
  }
  if (event.type != EventType::point || !event.in_fault || functions_view_)
    close_fault(event.tid, thread);
  show(thread, event);
  if (event.type == EventType::step) {
    settle(event.tid, thread);
    lines_.blank();
    lines_.line(who(event.pid, event.tid), 0, Ink::step,
                fmt::format("step {}: {}", event.number, event.text));
  }
}

// In the functions view, whatever the kernel does until it is back where the fault happened.
bool TreeRenderer::handles_fault(const ThreadLines& thread, const Event& event) const {
  return functions_view_ && thread.fault && event.layer == Layer::kernel &&
         event.depth >= thread.fault->event.depth && !event.name.starts_with("page_fault_") &&
         !event.name.starts_with("sched_");
}

void TreeRenderer::show(ThreadLines& thread, const Event& event) {
  if (event.type == EventType::enter) enter(thread, event);
  if (event.type == EventType::exit) leave(thread, event);
  if (event.type == EventType::point) point(thread, event);
}

bool TreeRenderer::before_first_step(const Event& event) {
  if (!style_.from_first_step) return false;
  const bool begins = event.type == EventType::step && !steps_.has(event.pid);
  if (!steps_.reached(event)) {
    skipped_++;
    return true;
  }
  if (!begins) return false;
  lines_.blank();
  lines_.line("", 0, Ink::dim,
              fmt::format("process {}: its start, {} events, is not shown", event.pid,
                          std::exchange(skipped_, 0)));
  return false;
}

// What came before stays open for repetition: the entry may turn out to be one.
void TreeRenderer::enter(ThreadLines& thread, const Event& event) {
  if (thread.entry) settle(event.tid, thread);
  thread.entry = event;
}

// An entry whose return comes next is one line with it; any other is closed by a brace.
void TreeRenderer::leave(ThreadLines& thread, const Event& event) {
  std::string time = event.ns ? duration_text(*event.ns) : "";
  Ink ink = event.error.empty() ? ink_of(event) : Ink::bad;
  if (!thread.entry || thread.entry->depth != event.depth) {
    settle(event.tid, thread);
    lines_.line(who(event.pid, event.tid), event.depth + 1, ink,
                fmt::format("}} {} {}", event.name, result_text(event)), time);
    return;
  }
  Event entry = *std::exchange(thread.entry, std::nullopt);
  bool follows = thread.shown_call && !thread.loose.count;
  if (follows && thread.shown_call->repeated_by(entry, event)) {
    thread.shown_call->more++;
    thread.shown_call->last_ret = event;
    return;
  }
  end_repeats(event.tid, thread);
  const std::string whose = who(event.pid, event.tid);
  lines_.explain(whose, event.depth + 1, entry);
  lines_.line(whose, event.depth + 1, ink, call_text(entry) + " " + result_text(event), time);
  thread.shown_call = ShownCall{std::move(entry), event, event};
}

void TreeRenderer::point(ThreadLines& thread, const Event& event) {
  if (event.name.starts_with("page_fault_")) {
    thread.fault = Fault{event, {}, {}};
    return;
  }
  if (event.in_fault && thread.fault && !functions_view_) {
    auto& groups = thread.fault->groups;
    if (groups.empty() || !groups.back().same_path(event)) groups.emplace_back();
    groups.back().add(event);
    return;
  }
  // Each folio of a lab's own steps has a line of its own; the others are counted.
  bool own = find_arg(event, "queued_in_step") || find_arg(thread.loose.first, "queued_in_step");
  if (own || !thread.loose.same_path(event)) {
    ShownPath path = thread.path;
    bool inside_new_call = thread.entry.has_value();
    if (thread.loose.count) {
      lines_.points(who(event.pid, event.tid), thread.loose.first.depth + 1, thread.loose, path);
      thread.loose = {};
    }
    settle(event.tid, thread);
    if (!inside_new_call) thread.path = std::move(path);
    thread.loose = {};
  }
  thread.loose.add(event);
  if (event.name == "sched_process_fork") take_child(event);
  if (event.name == "sched_process_exit") end(event.tid, thread);
}

void TreeRenderer::end(std::uint32_t tid, ThreadLines& thread) {
  settle(tid, thread);
  if (std::exchange(thread.ended, true)) return;
  ended_.push_back(tid);
  if (ended_.size() <= most_ended) return;
  auto oldest = threads_.find(ended_.front());
  settle(oldest->first, oldest->second);
  threads_.erase(oldest);
  ended_.pop_front();
}

// Its number may be that of one that ended.
void TreeRenderer::take_child(const Event& fork) {
  const auto tid = static_cast<std::uint32_t>(number_arg(fork, "child_tid").value_or(0));
  if (std::erase(ended_, tid)) threads_.erase(tid);
}

// Prints what was held back of the thread: its entry becomes one whose calls follow.
void TreeRenderer::settle(std::uint32_t tid, ThreadLines& thread) {
  close_fault(tid, thread);
  end_repeats(tid, thread);
  thread.path = {};
  if (!thread.entry) return;
  Event entry = *std::exchange(thread.entry, std::nullopt);
  lines_.explain(who(thread.pid, tid), entry.depth + 1, entry);
  lines_.line(who(thread.pid, tid), entry.depth + 1, ink_of(entry),
              call_text(entry) + (never_returns(entry.name) ? "" : " {"));
}

void TreeRenderer::settle_everything() {
  for (auto& [tid, thread] : threads_) settle(tid, thread);
}

void TreeRenderer::end_repeats(std::uint32_t tid, ThreadLines& thread) {
  std::string whose = who(thread.pid, tid);
  if (thread.loose.count) {
    PointGroup loose = std::exchange(thread.loose, {});
    lines_.points(whose, loose.first.depth + 1, loose, thread.path);
  }
  if (thread.shown_call && thread.shown_call->more) {
    const ShownCall& call = *thread.shown_call;
    lines_.line(whose, call.entry.depth + 1, ink_of(call.entry),
                fmt::format("x {} more {} like this one, the last {}", call.more, call.entry.name,
                            result_text(call.last_ret)));
  }
  if (thread.shown_fault && thread.shown_fault->more) {
    const Event& last = thread.shown_fault->fault.event;
    const Value* address = find_arg(last, "address");
    lines_.line(whose, last.depth + 1, Ink::fault,
                fmt::format("x {} like this one, the last: {}",
                            plural(thread.shown_fault->more, "more page fault"),
                            address ? value_text(*address) : "?"));
  }
  thread.shown_call.reset();
  thread.shown_fault.reset();
}

// The fault has all its points: it is printed, or counted if it is like the one before it.
void TreeRenderer::close_fault(std::uint32_t tid, ThreadLines& thread) {
  if (!thread.fault) return;
  Fault fault = *std::exchange(thread.fault, std::nullopt);
  if (!thread.entry && thread.shown_fault && fault.like(thread.shown_fault->fault)) {
    thread.shown_fault->more++;
    thread.shown_fault->fault = std::move(fault);
    return;
  }
  settle(tid, thread);
  lines_.fault(who(thread.pid, tid), fault);
  for (Event inner : fault.body) {
    inner.depth++;  // the fault itself is no call, so they are as deep as it is
    show(thread, inner);
  }
  if (!fault.body.empty()) settle(tid, thread);
  thread.shown_fault = ShownFault{std::move(fault)};
}

void TreeRenderer::summary(const Summary& summary) {
  settle_everything();
  lines_.end(summary);
  out_.flush();
}

}  // namespace

std::unique_ptr<Renderer> make_tree_renderer(Output& out, const TreeStyle& style) {
  return std::make_unique<TreeRenderer>(out, style);
}

}  // namespace shmpath
