// SPDX-License-Identifier: BSD-2-Clause
//
// The system calls in strace's line format, for whoever reads that, or has a program that does.
// What strace does not have is a comment: where it was traced, steps, losses, and whether all is
// there. Calls of the C library and what the kernel does are left out.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "tracer/render.h"
#include "tracer/strace_words.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

constexpr std::size_t result_column = 40;  // strace's -a

class StraceRenderer : public Renderer {
 public:
  explicit StraceRenderer(Output& out) : out_(out) {}

  void header(const Header& header) override;
  void event(const Event& event) override;
  void summary(const Summary& summary) override;
  void flush() override { out_.flush(); }
  void idle() override {  // a call that waits is seen, as with strace
    write();
    out_.flush();
  }

 private:
  void enter(const Event& event);
  void leave(const Event& event);
  void point(const Event& event);
  void thread_ended(const Event& event);
  void program_replaced(const Event& event);
  void comment(std::uint32_t tid, const std::string& text);
  // The line that waits for a return is given up: others come first.
  void leave_open_line();
  void continue_line(std::uint32_t tid, const Event& entry);
  void end_call(const std::string& result, const Event* ret);

  void add(std::string_view text) {
    line_ += text;
    column_ += text.size();
  }
  void end_line() {
    line_ += '\n';
    write();
    column_ = 0;
    open_ = 0;
  }
  void write() {
    out_.write(line_);
    line_.clear();
  }
  // Names the thread where there are several.
  std::string who(std::uint32_t tid) const {
    const std::size_t others = alive_.size() - alive_.count(tid);
    return tid == 0 || others == 0 ? "" : fmt::format("[pid {:5}] ", tid);
  }

  Output& out_;
  std::string line_;        // what of the line is not written yet
  std::size_t column_ = 0;  // how much of it there is
  std::uint32_t open_ = 0;  // the thread whose call stands on the line and has not returned
  std::map<std::uint32_t, Event> calls_;  // under way, by tid
  std::set<std::uint32_t> alive_;
};

void StraceRenderer::header(const Header& header) {
  comment(0, fmt::format("{} view on {}, Linux {}: {}", header.view, header.place, header.kernel,
                         header.why));
  for (const MissingProbe& missing : header.missing)
    if (!missing.by_nature)
      comment(0, fmt::format("not attached: {}: {}", missing.name, missing.reason));
  if (!header.command.empty()) comment(0, fmt::format("{}", fmt::join(header.command, " ")));
  out_.flush();
}

void StraceRenderer::event(const Event& event) {
  if (event.type == EventType::lost) return comment(0, plural(event.count, "event") + " lost here");
  if (event.type == EventType::point) return point(event);
  if (event.type == EventType::step) {
    alive_.insert(event.tid);
    return comment(event.tid, fmt::format("step {}: {}", event.number, event.text));
  }
  if (event.layer != Layer::syscall) return;
  alive_.insert(event.tid);
  if (event.type == EventType::enter) enter(event);
  if (event.type == EventType::exit) leave(event);
}

void StraceRenderer::enter(const Event& event) {
  leave_open_line();
  add(who(event.tid) + strace_name(event.name) + "(");
  const StraceArgs args = strace_args(event);
  add(args.before);
  if (never_returns(event.name)) {
    add(args.after);
    end_call("?", nullptr);
    return;
  }
  calls_[event.tid] = event;
  open_ = event.tid;
}

void StraceRenderer::leave(const Event& event) {
  const auto found = calls_.find(event.tid);
  if (found == calls_.end()) return;
  const Event entry = std::move(found->second);
  calls_.erase(found);
  continue_line(event.tid, entry);
  add(strace_args(entry, event).after);
  end_call(strace_result(entry, event), &event);
}

void StraceRenderer::leave_open_line() {
  if (!open_) return;
  add(" <unfinished ...>");
  end_line();
}

void StraceRenderer::continue_line(std::uint32_t tid, const Event& entry) {
  if (open_ == tid) return;
  leave_open_line();
  add(fmt::format("{}<... {} resumed>", who(tid), strace_name(entry.name)));
}

void StraceRenderer::end_call(const std::string& result, const Event* ret) {
  add(") ");
  if (column_ < result_column) add(std::string(result_column - column_, ' '));
  add("= " + result);
  if (ret && ret->ns)
    add(fmt::format(" <{}.{:09}>", *ret->ns / 1'000'000'000, *ret->ns % 1'000'000'000));
  end_line();
}

void StraceRenderer::point(const Event& event) {
  if (event.name == "sched_process_exit") thread_ended(event);
  if (event.name == "sched_process_exec") program_replaced(event);
}

void StraceRenderer::thread_ended(const Event& event) {
  if (const auto call = calls_.extract(event.tid)) {
    continue_line(event.tid, call.mapped());
    add(strace_args(call.mapped()).after);
    end_call("?", nullptr);
  }
  leave_open_line();
  add(who(event.tid));
  if (const std::uint64_t signal = number_of(event, "signal"))
    add(fmt::format("+++ killed by {} +++", strace_signal(signal)));
  else
    add(fmt::format("+++ exited with {} +++", number_of(event, "code")));
  end_line();
  alive_.erase(event.tid);
}

// A thread that is not the first one called execve: it goes on under the number of the first.
void StraceRenderer::program_replaced(const Event& event) {
  const auto old_tid = static_cast<std::uint32_t>(number_of(event, "old_tid"));
  if (old_tid == 0 || old_tid == event.tid) return;
  leave_open_line();
  add(fmt::format("{}+++ superseded by execve in pid {} +++", who(event.tid), old_tid));
  end_line();
  calls_.erase(event.tid);
  alive_.erase(old_tid);
  if (auto call = calls_.extract(old_tid)) {
    call.key() = event.tid;
    calls_.insert(std::move(call));
  }
}

void StraceRenderer::comment(std::uint32_t tid, const std::string& text) {
  leave_open_line();
  add(who(tid) + strace_comment(text));
  end_line();
}

void StraceRenderer::summary(const Summary& summary) {
  const std::uint64_t events = summary.counts.events;
  comment(0, summary.complete()
                 ? fmt::format("complete: {} events, nothing lost", events)
                 : fmt::format("incomplete: {} events, but {}", events, gaps_text(summary)));
  out_.flush();
}

}  // namespace

std::unique_ptr<Renderer> make_strace_renderer(Output& out) {
  return std::make_unique<StraceRenderer>(out);
}

}  // namespace shmpath
