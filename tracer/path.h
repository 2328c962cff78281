// SPDX-License-Identifier: BSD-2-Clause
//
// From a sequence of events to a tree per thread: pairs each entry with its
// return, says how deep each event lies, and puts late strings where they belong.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tracer/event.h"

namespace shmpath {

// What a path could not tell, each apart. A trace is complete when lost, unmatched and unread are
// 0.
struct PathCounts {
  std::uint64_t events = 0;
  std::uint64_t lost = 0;        // records that a full ring refused
  std::uint64_t unmatched = 0;   // entries whose return never came though their thread went on
  std::uint64_t unfinished = 0;  // calls under way when their thread, or the trace, ended
  std::uint64_t cut = 0;         // returns of calls that began before the trace
  std::uint64_t unread = 0;      // strings that could not be read, but for bad addresses
  std::uint64_t no_stack = 0;    // points whose kernel stack is missing
};

// Events go in as they arrive; they come out to the sink in the same order, completed. An entry
// with an unread string, and what follows it, waits for the entry's return (or for `most_held`
// events, or flush), because the string may be readable then.
class Path {
 public:
  using Sink = std::function<void(const Event&)>;
  // Events of a trace file have been through here once: only what the file does not have is filled
  // in again (depth, in_fault), nothing waits, and nothing is left out.
  enum class From { kernel, file };
  explicit Path(Sink sink, From from = From::kernel)
      : sink_(std::move(sink)), from_file_(from == From::file) {}

  void add(Event event);
  // Lets go of what waits: nothing more will come for a while.
  void flush();
  // The trace has ended: what is still open will not return.
  void finish();
  const PathCounts& counts() const { return counts_; }
  std::size_t threads() const { return threads_.size(); }  // alive, or ended not long ago

 private:
  static constexpr std::size_t most_held = 4096;
  static constexpr std::size_t most_origins = 65536;
  static constexpr std::size_t most_ended = 1024;

  struct Open {
    Layer layer;
    std::string name;
    std::uint64_t t;
    bool waits;              // an unread string of it is waited for
    std::uint64_t sequence;  // of its entry, to find it among the held
    std::uint64_t lost;      // events that were lost until then
  };
  struct Thread {
    std::vector<Open> open;
    bool joined = true;     // nothing seen yet: it may be inside a call that began before the trace
    bool in_fault = false;  // its last fault may still be under way
    std::uint32_t step = 0;
    bool ended = false;  // at its sched_process_exit, after which the kernel takes it apart
  };
  struct Origin {  // of a frame that waits for its LRU insertion
    std::uint64_t t;
    std::uint32_t pid, step;
    std::string address;
  };

  void back_in_user_space(Thread& thread);
  void enter(Thread& thread, Event& event);
  bool leave(Thread& thread, Event& event);
  void point(Thread& thread, Event& event);
  void frame_allocated(const Thread& thread, const Event& event);
  void frame_inserted(Event& event);
  void forked(Thread& parent, const Event& event);
  void replaced(Event& event);
  void ended(const Event& event);
  void settle(const Open& call, Event& ret);
  void pass(const Event& event);
  void give_up(const Open& call);
  void emit(Event&& event);
  void release();

  Sink sink_;
  bool from_file_;
  PathCounts counts_;
  std::unordered_map<std::uint32_t, Thread> threads_;  // by tid
  std::deque<std::uint32_t> ended_;  // those that ended last: more may come of them
  std::unordered_map<std::uint64_t, Origin> origins_;             // by frame number
  std::unordered_map<std::uint32_t, std::string> fault_address_;  // by tid
  std::unordered_set<std::string> entered_;  // functions of the kernel that were seen to begin
  std::deque<Event> held_;
  std::uint64_t first_held_ = 0;  // sequence of held_.front()
  std::size_t waiting_ = 0;       // held entries with an unread string
};

}  // namespace shmpath
