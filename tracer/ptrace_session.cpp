// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/ptrace_session.h"

#include <sys/utsname.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>

#include "tracer/decode.h"
#include "tracer/failure.h"
#include "tracer/path.h"
#include "tracer/place.h"
#include "tracer/rights.h"
#include "tracer/signals.h"
#include "tracer/stacks.h"
#include "tracer/symbols.h"
#include "tracer/tracees.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int wait_ms = 100;                          // then we look whether to stop
constexpr std::chrono::milliseconds flush_after{20};  // how long output may wait in a busy trace
constexpr std::chrono::milliseconds idle_after{wait_ms};  // before what is held back is shown

// While it lives, SIGCHLD waits to be asked for.
class ChildSignals {
 public:
  ChildSignals() {
    before_handler_ = std::signal(SIGCHLD, SIG_DFL);  // ignored, it would not come at all
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before_mask_);
  }
  ~ChildSignals() {
    sigprocmask(SIG_SETMASK, &before_mask_, nullptr);
    std::signal(SIGCHLD, before_handler_);
  }
  ChildSignals(const ChildSignals&) = delete;
  ChildSignals& operator=(const ChildSignals&) = delete;

 private:
  void (*before_handler_)(int);
  sigset_t before_mask_;
};

class PtraceSession {
 public:
  PtraceSession(const SessionPlan& plan, Renderer& renderer);
  SessionResult run();

 private:
  Header make_header() const;
  void receive(std::span<const std::byte> bytes);
  void settle_steps();
  bool wants_more() const { return !stops_asked() && !(plan_.steps && plan_.steps->left()); }
  std::unique_ptr<Target> hold(const std::vector<std::string>& command);
  void run_command(Target& target);
  void watch_process(pid_t pid);
  void wait_a_little();
  void pass_stop(int seen);
  template <typename Write>
  void guard(Write write);

  const SessionPlan& plan_;
  Renderer& renderer_;
  Symbols symbols_;  // none: no record has a stack
  Stacks stacks_;
  FunctionTable functions_;
  Decoder decoder_;
  Path path_;
  Tracees tracees_;
  Clock::time_point shown_ = Clock::now(), came_ = shown_;  // last flush, last record
  std::optional<Failure> output_failure_;
  SessionResult result_;
};

PtraceSession::PtraceSession(const SessionPlan& plan, Renderer& renderer)
    : plan_(plan),
      renderer_(renderer),
      symbols_(""),
      stacks_(symbols_, [](std::uint64_t) { return std::nullopt; }),
      decoder_(stacks_, PageLayout{}, functions_),
      path_([this](const Event& event) { guard([&] { renderer_.event(event); }); }),
      tracees_(
          {.follow = plan.probes.follow, .kill_with_us = !plan.attach_to, .steps = !plan.attach_to},
          [this](std::span<const std::byte> bytes) { receive(bytes); }) {}

Header PtraceSession::make_header() const {
  utsname name{};
  uname(&name);
  return {.kernel = name.release,
          .machine = name.machine,
          .place = in_guest() ? "vm" : "host",
          .view = "syscalls",
          .why = "by ptrace" + (plan_.why.empty() ? "" : "; " + plan_.why),
          .lab = plan_.lab,
          .command = command_words(plan_.commands),
          .attached = 0,
          .missing = {}};
}

// The target must not suffer when the trace cannot be written: the first failure is kept, the
// rest is not shown, and the run ends with it.
template <typename Write>
void PtraceSession::guard(Write write) {
  if (output_failure_) return;
  try {
    write();
  } catch (const Failure& failure) {
    output_failure_ = failure;
  }
}

void PtraceSession::receive(std::span<const std::byte> bytes) {
  came_ = Clock::now();
  auto event = decoder_.decode(bytes);
  if (!event) return;
  const bool step = event->type == EventType::step;
  path_.add(std::move(*event));
  if (step) settle_steps();
}

// Asks about the step that is reached. Its thread stands still until we come back.
void PtraceSession::settle_steps() {
  if (!plan_.steps) return;
  path_.flush();
  guard([&] { plan_.steps->settle([](pid_t) {}); });
  if (output_failure_) plan_.steps->leave();
}

void PtraceSession::wait_a_little() {
  const bool busy = tracees_.wait(wait_ms);
  const auto now = Clock::now();
  if (busy && now - shown_ < flush_after) return;
  shown_ = now;
  const bool idle = now - came_ >= idle_after;
  if (idle) path_.flush();
  guard([&] { idle ? renderer_.idle() : renderer_.flush(); });
}

// What asks us to stop asks the traced processes too; asked twice, they are killed. A lab that is
// run in steps goes on to its end at first, where it removes what it made.
void PtraceSession::pass_stop(int seen) {
  if (plan_.steps && seen == 1) return plan_.steps->leave();
  for (pid_t pid : tracees_.processes()) kill(pid, seen > 1 ? SIGKILL : last_stop());
}

std::unique_ptr<Target> PtraceSession::hold(const std::vector<std::string>& command) {
  auto target = std::make_unique<Target>(command, invoking_user(), plan_.streams);
  tracees_.add_held(target->pid());
  if (plan_.steps) plan_.steps->begins(target->pid(), result_.pids.size());
  return target;
}

// Processes that outlive the program are let go.
void PtraceSession::run_command(Target& target) {
  result_.pids.push_back(target.pid());
  target.let_go();
  int passed = 0;
  while (!tracees_.end_of(target.pid())) {
    if (stops_asked() > passed) pass_stop(passed = stops_asked());
    wait_a_little();
  }
  tracees_.release_all();
  target.require_exec();
  target.note_end(*tracees_.end_of(target.pid()));
  result_.status = *target.ended();
  settle_steps();
}

void PtraceSession::watch_process(pid_t pid) {
  result_.status.code = 0;
  while (tracees_.alive(pid) && !stops_asked()) wait_a_little();
  tracees_.release_all();
}

SessionResult PtraceSession::run() {
  drop_capabilities();  // they serve for BPF only
  StopSignals stop_signals;
  ChildSignals child_signals;
  std::unique_ptr<Target> target;
  if (plan_.attach_to)
    tracees_.add_running(*plan_.attach_to);
  else
    target = hold(plan_.commands.front());
  renderer_.header(make_header());
  renderer_.flush();  // where it cannot be written, the program need not be started
  if (plan_.attach_to) watch_process(*plan_.attach_to);
  for (std::size_t i = 0; i < plan_.commands.size() && wants_more(); i++) {
    if (i) target = hold(plan_.commands[i]);
    run_command(*target);
    if (result_.status.as_shell() != 0) break;
  }
  path_.finish();
  result_.summary.counts = path_.counts();
  result_.summary.exit_code = plan_.attach_to ? -1 : result_.status.code;
  result_.summary.signal = result_.status.signal;
  if (output_failure_) throw Failure(*output_failure_);
  renderer_.summary(result_.summary);
  renderer_.flush();
  return result_;
}

}  // namespace

SessionResult run_ptrace_session(const SessionPlan& plan, Renderer& renderer) {
  return PtraceSession(plan, renderer).run();
}

}  // namespace shmpath
