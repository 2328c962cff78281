// SPDX-License-Identifier: BSD-2-Clause
//
// The trace as a tree that grows while one looks: calls nest, a fault shows the
// kernel's path, and what repeats is shown once with a count.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "tracer/render.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

enum class Ink { plain, user, syscall, kernel, fault, step, dim, bad };

constexpr std::array<const char*, 8> ink_codes = {"", "\033[32m", "\033[36m", "\033[33m", "\033[35m", "\033[1m", "\033[2m", "\033[31m"};

// How the kernel is entered: the same under every path, so not shown.
bool is_entry_frame(std::string_view name) {
  return name.starts_with("asm_") || name.starts_with("entry_SYSCALL") || name == "do_syscall_64" ||
         name == "x64_sys_call" || name == "ret_from_fork" || name == "ret_from_fork_asm";
}

// The functions of a stack, outermost first.
std::vector<std::string_view> path_of(const Stack& stack) {
  std::vector<std::string_view> path;
  if (!stack) return path;
  for (auto name = stack->rbegin(); name != stack->rend(); ++name)
    if (!is_entry_frame(*name)) path.push_back(*name);
  return path;
}

// One page fault with the points of its path; consecutive points that differ in values only are one.
struct Fault {
  Event event;
  struct Group {
    Event first, last;
    std::uint64_t count = 0;
  };
  std::vector<Group> groups;
  bool like(const Fault& other) const {
    auto value = [](const Event& e, const char* name) { const Value* v = find_arg(e, name); return v ? *v : Value{}; };
    return event.name == other.event.name && event.depth == other.event.depth &&
           value(event, "access") == value(other.event, "access") &&
           std::equal(groups.begin(), groups.end(), other.groups.begin(), other.groups.end(),
                      [](const Group& a, const Group& b) {
                        return a.first.name == b.first.name && a.first.stack == b.first.stack && a.count == b.count;
                      });
  }
};

class TreeRenderer : public Renderer {
 public:
  TreeRenderer(Output& out, const TreeStyle& style) : out_(out), style_(style) {}

  void header(const Header& header) override {
    std::string command;
    for (const std::string& word : header.command) command += (command.empty() ? "" : " ") + word;
    print("", 0, Ink::dim, fmt::format("{} view on {}, Linux {}, {} probes: {}", header.view, header.place, header.kernel, header.attached, header.why));
    for (const MissingProbe& missing : header.missing)
      print("", 0, Ink::bad, fmt::format("not attached: {}: {}", missing.name, missing.reason));
    if (!command.empty()) print("", 0, Ink::plain, command);
    out_.flush();
  }

  void event(const Event& event) override {
    if (before_first_step(event)) return;
    Thread& thread = thread_of(event);
    if (!(event.type == EventType::point && event.in_fault)) close_fault(event.tid, thread);
    switch (event.type) {
      case EventType::enter: settle(event.tid, thread); thread.pending = event; thread.has_pending = true; break;
      case EventType::exit: leave(thread, event); break;
      case EventType::step: settle_all(event.tid, thread); step(event); break;
      case EventType::point: point(thread, event); break;
      case EventType::lost: print(where(0, 0), 0, Ink::bad, fmt::format("... {} events lost here ...", event.count)); break;
      default: break;
    }
  }

  void summary(const Summary& summary) override {
    settle_everything();
    const PathCounts& c = summary.counts;
    std::string end = summary.signal ? fmt::format(", killed by signal {}", summary.signal)
                      : summary.exit_code >= 0 ? fmt::format(", exit status {}", summary.exit_code) : "";
    if (summary.complete()) {
      print("", 0, Ink::dim, fmt::format("complete: {} events, nothing lost{}", c.events, end));
    } else {
      print("", 0, Ink::bad, fmt::format("incomplete: {} events; {} lost, {} returns missed, {} strings unread, {} stacks missing, {} probe hits missed{}",
                                         c.events, c.lost, c.unmatched, c.unread, c.no_stack, summary.missed, end));
    }
    out_.flush();
  }

  void idle() override {
    settle_everything();
    out_.flush();
  }

 private:
  struct Thread {
    std::uint32_t pid = 0;
    Event pending;  // an entry not yet printed: it may be joined by its return
    bool has_pending = false;
    Fault fault;  // being collected
    bool has_fault = false;
    Event call, ret;  // the last call printed on one line, and its return
    bool has_call = false;
    std::uint64_t more_calls = 0;  // how many like it came since
    Event last_ret;
    Fault shown;  // the last fault printed, and how many like it came since
    bool has_shown = false;
    std::uint64_t more = 0;
    Fault::Group loose{};  // points outside a fault that share their path, not yet printed
    std::vector<std::string_view> path;  // kernel path printed last, for points outside a fault
    Stack path_stack;                    // keeps what `path` points to
  };

  // How a program is loaded is the same for every lab, and not what it is about.
  bool before_first_step(const Event& event) {
    if (!style_.from_first_step || event.type == EventType::lost || stepping_.contains(event.pid)) return false;
    if (event.type == EventType::step) {
      stepping_.insert(event.pid);
      print("", 0, Ink::dim, fmt::format("(the start of the program: {} events, not shown)", std::exchange(skipped_, 0)));
      return false;
    }
    skipped_++;
    return true;
  }

  Thread& thread_of(const Event& event) {
    Thread& thread = threads_[event.tid];
    thread.pid = event.pid;
    return thread;
  }

  std::string where(std::uint32_t pid, std::uint32_t tid) const {
    if (threads_.size() < 2 || tid == 0) return "";
    return pid == tid ? fmt::format("[{}] ", pid) : fmt::format("[{}/{}] ", pid, tid);
  }

  void print(const std::string& who, std::uint32_t depth, Ink ink, std::string_view text, std::string_view tail = "") {
    std::string line = who + std::string(2 * depth, ' ');
    bool coloured = style_.colour && ink != Ink::plain;
    if (coloured) line += ink_codes[static_cast<std::size_t>(ink)];
    line += text;
    if (coloured) line += "\033[0m";
    if (!tail.empty()) line += style_.colour ? fmt::format("  \033[2m{}\033[0m", tail) : fmt::format("  {}", tail);
    out_.write(line += '\n');
  }

  void step(const Event& event) {
    out_.write("\n");
    print(where(event.pid, event.tid), 0, Ink::step, fmt::format("step {}: {}", event.number, event.text));
  }

  static bool returns(const Event& entry) { return entry.name != "exit" && entry.name != "exit_group"; }
  static Ink ink_of(const Event& event) { return event.layer == Layer::user ? Ink::user : Ink::syscall; }

  // Prints the entry that waits, as one whose calls follow.
  void settle(std::uint32_t tid, Thread& thread) {
    end_repeats(tid, thread);
    thread.path.clear();
    if (!thread.has_pending) return;
    thread.has_pending = false;
    print(where(thread.pid, tid), thread.pending.depth + 1, ink_of(thread.pending), call_text(thread.pending) + (returns(thread.pending) ? " {" : ""));
  }

  void settle_all(std::uint32_t tid, Thread& thread) {
    close_fault(tid, thread);
    settle(tid, thread);
  }

  void settle_everything() {
    for (auto& [tid, thread] : threads_) settle_all(tid, thread);
  }

  void leave(Thread& thread, const Event& event) {
    std::string time = event.ns ? duration_text(*event.ns) : "";
    Ink ink = event.error.empty() ? ink_of(event) : Ink::bad;
    if (thread.has_pending && thread.pending.depth == event.depth) {
      thread.has_pending = false;
      if (thread.has_call && repeats(thread, event)) {
        thread.more_calls++;
        thread.last_ret = event;
        return;
      }
      end_repeats(event.tid, thread);
      thread.call = thread.pending;
      thread.ret = event;
      thread.has_call = true;
      print(where(event.pid, event.tid), event.depth + 1, ink, call_text(thread.pending) + " " + result_text(event), time);
    } else {
      settle(event.tid, thread);
      print(where(event.pid, event.tid), event.depth + 1, ink, fmt::format("}} {} {}", event.name, result_text(event)), time);
    }
  }

  // The same call on the same first argument, with the same outcome: a loop.
  static bool repeats(const Thread& thread, const Event& ret) {
    const Event& now = thread.pending;
    return now.name == thread.call.name && now.depth == thread.call.depth && ret.error == thread.ret.error &&
           !now.args.empty() && !thread.call.args.empty() && now.args[0] == thread.call.args[0] &&
           !is_text_of_process(now);
  }
  static bool is_text_of_process(const Event& event) { return call_text(event).find('"') != std::string::npos && event.name != "read" && event.name != "write"; }

  void point(Thread& thread, const Event& event) {
    if (event.name.starts_with("page_fault_")) {
      thread.fault = {event, {}};
      thread.has_fault = true;
    } else if (event.in_fault && thread.has_fault) {
      auto& groups = thread.fault.groups;
      bool same = !groups.empty() && groups.back().first.name == event.name && groups.back().first.stack == event.stack;
      if (same) groups.back().count++, groups.back().last = event;
      else groups.push_back({event, event, 1});
    } else {
      settle_point(thread, event);
    }
  }

  // Points outside a fault: those with the same path are one line, but for the folios of a lab's
  // own steps, each of which is shown.
  void settle_point(Thread& thread, const Event& event) {
    bool own = find_arg(event, "queued_in_step") != nullptr;
    Fault::Group& group = thread.loose;
    bool same = group.count && !own && group.first.name == event.name && group.first.stack == event.stack &&
                !find_arg(group.first, "queued_in_step");
    if (!same) {
      print_loose(thread);
      std::vector<std::string_view> before = std::move(thread.path);
      settle(event.tid, thread);
      thread.path = std::move(before);
      group = {event, event, 0};
    }
    group.count++;
    group.last = event;
  }

  void print_loose(Thread& thread) {
    if (!thread.loose.count) return;
    Fault::Group group = std::exchange(thread.loose, {});
    print_point(thread, group.first, group.last, group.count, group.first.depth + 1);
  }

  // The functions that lead to a point, those already on the screen left out, then the point.
  void print_point(Thread& thread, const Event& first, const Event& last, std::uint64_t count, std::uint32_t depth) {
    std::vector<std::string_view> path = path_of(first.stack);
    auto [differs, unused] = std::mismatch(path.begin(), path.end(), thread.path.begin(), thread.path.end());
    auto common = static_cast<std::uint32_t>(differs - path.begin());
    std::string who = where(first.pid, first.tid);
    for (std::uint32_t i = common; i < path.size(); i++) print(who, depth + i, Ink::kernel, path[i]);
    std::string text = fmt::format("* {}: {}", first.name, point_text(first));
    if (count > 1) text += fmt::format("  x {}, the last: {}", count, point_text(last));
    print(who, depth + static_cast<std::uint32_t>(path.size()), Ink::fault, text);
    thread.path = std::move(path);
    thread.path_stack = first.stack;
  }

  void close_fault(std::uint32_t tid, Thread& thread) {
    if (!thread.has_fault) return;
    thread.has_fault = false;
    if (thread.has_shown && !thread.has_pending && !thread.has_call && thread.fault.like(thread.shown)) {
      thread.more++;
      std::swap(thread.shown, thread.fault);
      return;
    }
    settle(tid, thread);
    end_repeats(tid, thread);
    print_fault(thread, thread.fault);
    std::swap(thread.shown, thread.fault);
    thread.has_shown = true;
  }

  void print_fault(Thread& thread, const Fault& fault) {
    const Event& event = fault.event;
    const Value* present = find_arg(event, "present");
    bool protection = present && *present == Value{std::int64_t{1}};
    std::string text = fmt::format("page fault{}: {} {}{}", event.name == "page_fault_kernel" ? " in the kernel" : "",
                                   value_text(*find_arg(event, "access")), value_text(*find_arg(event, "address")),
                                   protection ? ", page present" : "");
    print(where(event.pid, event.tid), event.depth + 1, Ink::fault, text);
    thread.path.clear();
    for (const Fault::Group& group : fault.groups) print_point(thread, group.first, group.last, group.count, event.depth + 2);
    thread.path.clear();
  }

  void end_repeats(std::uint32_t tid, Thread& thread) {
    print_loose(thread);
    if (thread.more_calls)
      print(where(thread.pid, tid), thread.call.depth + 1, ink_of(thread.call),
            fmt::format("x {} more {} like this one, the last {}", thread.more_calls, thread.call.name, result_text(thread.last_ret)));
    thread.more_calls = 0;
    thread.has_call = false;
    if (thread.more) {
      const Event& last = thread.shown.event;
      print(where(thread.pid, tid), last.depth + 1, Ink::fault,
            fmt::format("x {} more page faults like this one, the last: {}", thread.more, value_text(*find_arg(last, "address"))));
    }
    thread.more = 0;
    thread.has_shown = false;
  }

  Output& out_;
  TreeStyle style_;
  std::map<std::uint32_t, Thread> threads_;
  std::set<std::uint32_t> stepping_;  // pids that have reached their first step
  std::uint64_t skipped_ = 0;
};

}  // namespace

std::unique_ptr<Renderer> make_tree_renderer(Output& out, const TreeStyle& style) {
  return std::make_unique<TreeRenderer>(out, style);
}

}  // namespace shmpath
