// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/path.h"

#include <algorithm>
#include <utility>

namespace shmpath {
namespace {

bool in_page_fault(const Stack& stack) {
  return stack && std::find(stack->begin(), stack->end(), "handle_mm_fault") != stack->end();
}

bool is_fault(const Event& event) {
  return event.name == "page_fault_user" || event.name == "page_fault_kernel";
}

}  // namespace

void Path::add(Event event) {
  counts_.events += event.type != EventType::lost;
  Thread* thread = event.type == EventType::lost ? nullptr : &threads_[event.tid];
  switch (event.type) {
    case EventType::enter:
      enter(*thread, event);
      break;
    case EventType::exit:
      if (!leave(*thread, event)) return;
      break;
    case EventType::point:
      point(*thread, event);
      break;
    case EventType::step:
      thread->step = event.number;
      event.depth = static_cast<std::uint32_t>(thread->open.size());
      break;
    case EventType::lost:
      counts_.lost += event.count;
      break;
    default:
      break;
  }
  emit(std::move(event));
}

// The thread is in user space, so it is in no system call and in no function of the kernel: the
// returns of those that seem open were missed.
void Path::back_in_user_space(Thread& thread) {
  while (!thread.open.empty() && thread.open.back().layer != Layer::user) {
    if (!never_returns(thread.open.back().name)) counts_.unmatched++;  // else: a tid used again
    give_up(thread.open.back());
    thread.open.pop_back();
  }
}

void Path::enter(Thread& thread, Event& event) {
  if (event.layer == Layer::kernel && !from_file_) entered_.insert(event.name);
  if (event.layer != Layer::kernel) {
    thread.in_fault = false;
    back_in_user_space(thread);
    thread.joined =
        false;  // not by a function: a child's first is a fault, before it returns from fork
  }
  event.depth = static_cast<std::uint32_t>(thread.open.size());
  bool waits = !event.unread.empty() && !from_file_;
  if (waits) waiting_++;
  thread.open.push_back(
      {event.layer, event.name, event.t, waits, first_held_ + held_.size(), counts_.lost});
}

bool Path::leave(Thread& thread, Event& event) {
  auto same = [&](const Open& call) {
    if (call.layer != event.layer) return false;
    if (call.name == event.name) return true;
    // the number of a system call is not known after rt_sigreturn, and another after execve of a
    // 32-bit program, so the layer alone must do; but past a gap it may be another call's return
    return event.layer == Layer::syscall && (event.name.empty() || call.lost == counts_.lost);
  };
  auto found = std::find_if(thread.open.rbegin(), thread.open.rend(), same);
  if (found == thread.open.rend() && from_file_) {  // not from us; shown all the same
    event.depth = static_cast<std::uint32_t>(thread.open.size());
    return true;
  }
  if (found == thread.open.rend()) {
    counts_.events--;
    if (event.name.empty()) return false;  // the trampoline under our own uretprobe
    // the first thing seen of a thread that was inside a call when the trace reached it, or of a
    // function that was probed in the midst of a call
    const bool probed_late = event.layer == Layer::kernel && !entered_.contains(event.name);
    thread.joined || probed_late ? counts_.cut++ : counts_.unmatched++;
    // of the kernel's functions, several may have been open
    if (event.layer != Layer::kernel) thread.joined = false;
    return false;
  }
  counts_.unmatched += static_cast<std::uint64_t>(found - thread.open.rbegin());
  std::for_each(thread.open.rbegin(), found, [&](const Open& missed) { give_up(missed); });
  // only what is passed on changes this, so that a recording leads to the same
  if (event.layer != Layer::kernel) thread.in_fault = false;
  Open call = *found;
  thread.open.erase(std::prev(found.base()), thread.open.end());
  if (!from_file_) {
    event.name = call.name;
    event.ns = event.t > call.t ? event.t - call.t : 0;
  }
  event.depth = static_cast<std::uint32_t>(thread.open.size());
  settle(call, event);
  return true;
}

// The entry's strings are all read that will be: those read at return go back to it.
void Path::settle(const Open& call, Event& ret) {
  if (!call.waits || waiting_ == 0 || call.sequence < first_held_) return;
  std::size_t at = call.sequence - first_held_;
  if (at >= held_.size()) return;
  Event& entry = held_[at];
  if (entry.type != EventType::enter || entry.name != call.name) return;
  entry.bad_address = ret.error == "EFAULT";
  Args& late = ret.args;
  for (Arg& arg : entry.args) {
    auto found =
        std::find_if(late.begin(), late.end(), [&](const Arg& l) { return l.name == arg.name; });
    if (found == late.end() || !std::erase(entry.unread, arg.name)) continue;
    arg.value = std::move(found->value);
    late.erase(found);
  }
  waiting_--;
}

// The call will not return: its strings stay as they are, and nothing waits for them.
void Path::give_up(const Open& call) {
  if (call.waits && waiting_ > 0 && call.sequence >= first_held_) waiting_--;
}

void Path::point(Thread& thread, Event& event) {
  if (event.name == "page_fault_user") back_in_user_space(thread);
  event.depth = static_cast<std::uint32_t>(thread.open.size());
  if (is_fault(event)) {
    thread.in_fault = true;
    if (const Value* address = find_arg(event, "address");
        !from_file_ && address && std::holds_alternative<std::string>(*address))
      fault_address_[event.tid] = std::get<std::string>(*address);
    return;
  }
  event.in_fault = thread.in_fault && in_page_fault(event.stack);
  if (event.name == "mm_page_alloc" && !from_file_)
    frame_allocated(thread, event);
  else if (event.name == "mm_lru_insertion" && !from_file_)
    frame_inserted(event);
  else if (event.name == "sched_process_fork")
    forked(thread, event);
  else if (event.name == "sched_process_exec")
    replaced(event);
  else if (event.name == "sched_process_exit")
    ended(event);
  bool has_stack = event.name.starts_with("mm_") || event.name == "vm_unmapped_area";
  if (has_stack && !event.stack) counts_.no_stack++;
}

void Path::frame_allocated(const Thread& thread, const Event& event) {
  std::uint64_t pfn = number_of(event, "pfn");
  if (!pfn) return;
  // Those that wait are a few dozen to a CPU; the rest never will be on a list, or left it unseen.
  if (origins_.size() >= most_origins) origins_.clear();
  origins_[pfn] = {event.t, event.pid, thread.step,
                   event.in_fault ? fault_address_[event.tid] : ""};
}

// Says which fault, of which step, allocated the folio that reaches its list only now.
void Path::frame_inserted(Event& event) {
  auto found = origins_.find(number_of(event, "pfn"));
  if (found == origins_.end()) return;
  const Origin& origin = found->second;
  event.args.push_back({"queued_by", std::uint64_t{origin.pid}});
  if (origin.step) event.args.push_back({"queued_in_step", std::uint64_t{origin.step}});
  if (!origin.address.empty()) event.args.push_back({"queued_for", origin.address});
  event.args.push_back({"queued_ns", event.t > origin.t ? event.t - origin.t : 0});
  origins_.erase(found);
}

void Path::forked(Thread& parent, const Event& event) {
  Thread child;  // its first sight is the return from its parent's fork
  child.step = parent.step;
  threads_[static_cast<std::uint32_t>(number_of(event, "child_tid"))] = std::move(child);
}

// A program was replaced: its calls of libc never return, and a thread that was not the leader
// goes on under the leader's id.
void Path::replaced(Event& event) {
  auto old_tid = static_cast<std::uint32_t>(number_of(event, "old_tid"));
  if (old_tid && old_tid != event.tid && threads_.contains(old_tid)) {
    threads_[event.tid] = std::move(threads_[old_tid]);
    threads_.erase(old_tid);
  }
  Thread& thread = threads_[event.tid];
  std::erase_if(thread.open, [&](const Open& call) {
    if (call.layer == Layer::user) give_up(call);
    return call.layer == Layer::user;
  });
  event.depth = static_cast<std::uint32_t>(thread.open.size());
}

void Path::ended(const Event& event) {
  auto found = threads_.find(event.tid);
  if (found == threads_.end()) return;
  Thread& thread = found->second;
  std::erase_if(thread.open, [&](const Open& call) {
    if (never_returns(call.name)) return false;  // what the kernel does from here on is inside it
    counts_.unfinished++;
    give_up(call);
    return true;
  });
  thread.ended = true;
  fault_address_.erase(event.tid);
  ended_.push_back(event.tid);
  if (ended_.size() <= most_ended) return;
  auto oldest = threads_.find(ended_.front());
  if (oldest != threads_.end() && oldest->second.ended) threads_.erase(oldest);
  ended_.pop_front();
}

void Path::emit(Event&& event) {
  if (waiting_ == 0 && held_.empty()) {
    first_held_++;
    pass(event);
    return;
  }
  held_.push_back(std::move(event));
  if (waiting_ == 0 || held_.size() > most_held) release();
}

void Path::release() {
  waiting_ = 0;
  first_held_ += held_.size();
  for (const Event& event : std::exchange(held_, {})) pass(event);
}

void Path::pass(const Event& event) {
  if (!event.bad_address) counts_.unread += event.unread.size();
  sink_(event);
}

void Path::flush() { release(); }

void Path::finish() {
  release();
  for (const auto& [tid, thread] : threads_)
    for (const Open& call : thread.open)
      if (!never_returns(call.name)) counts_.unfinished++;
}

}  // namespace shmpath
