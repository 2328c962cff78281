// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/session.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>
#include <unordered_map>

#include "tracer/decode.h"
#include "tracer/elf.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/pace.h"
#include "tracer/path.h"
#include "tracer/place.h"
#include "tracer/ptrace_session.h"
#include "tracer/ring.h"
#include "tracer/signals.h"
#include "tracer/symbols.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr int poll_ms = 5;        // how long records may wait in the ring
constexpr int idle_rounds = 20;   // quiet rounds before what is held back is shown
constexpr int most_waits = 1000;  // for a record that was begun: nothing takes that long

// Of those that we may run on: the traced program inherits them.
bool one_processor() {
  cpu_set_t ours;
  return sched_getaffinity(0, sizeof(ours), &ours) == 0 && CPU_COUNT(&ours) == 1;
}

// The guest is thrown away as it is: rather than wait until the kernel has taken out each probe, a
// process that outlives us keeps them, and nothing else of ours.
void leave_probes_in() {
  if (fork() != 0) return;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    auto what = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!what.starts_with("anon_inode:")) close(std::stoi(entry.path().filename()));
  }
  while (true) pause();
}

class Session {
 public:
  Session(const SessionPlan& plan, Renderer& renderer);
  SessionResult run();

 private:
  void start_tracing();
  void run_command(Target& target);
  void attach_program(const std::string& word);
  void watch_process(pid_t pid);
  void poll_until(const std::function<bool()>& over, const ProcessEnd& end);
  void receive(std::span<const std::byte> bytes);
  void look_at_modules();
  void show(const Event& event);
  void remember_program(const Event& event);
  void look_at_program(const Event& event);
  template <typename Write>
  void guard(Write write);
  std::size_t read_ring(Pace& pace);
  void drain_all();
  void pass_stop(const Target& target, int seen);
  void settle_steps();
  bool wants_more() const { return !stops_asked() && !(plan_.steps && plan_.steps->left()); }
  std::string why() const;
  Header make_header() const;

  const SessionPlan& plan_;
  Renderer& renderer_;
  std::unique_ptr<Target> first_;  // held before anything else is started
  std::future<Symbols> loading_;
  std::optional<Symbols> symbols_;
  std::optional<Probes> probes_;
  std::optional<Stacks> stacks_;
  std::optional<Decoder> decoder_;
  std::optional<Ring> ring_;
  Path path_;
  std::unordered_map<std::uint32_t, std::string> executed_;  // by pid: what execve was asked for
  std::vector<std::string> loading_modules_;
  std::optional<Failure> output_failure_, step_failure_;
  SessionResult result_;
};

Session::Session(const SessionPlan& plan, Renderer& renderer)
    : plan_(plan), renderer_(renderer), path_([this](const Event& event) { show(event); }) {}

// The target is forked first, while there is one thread; the symbol table is read beside the rest.
void Session::start_tracing() {
  Identity who = invoking_user();
  if (!plan_.commands.empty())
    first_ = std::make_unique<Target>(plan_.commands.front(), who, plan_.streams);
  loading_ = std::async(std::launch::async, &Symbols::of_this_kernel);
  probes_.emplace(plan_.probes);
  for (const auto& command : plan_.commands) attach_program(command.front());
  for (const std::string& program : plan_.started) attach_program(program);
  PageLayout pages = probes_->page_layout();
  symbols_ = loading_.get();
  if (probes_->mechanism().mechanism != Mechanism::none)
    probes_->attach_functions(plan_.functions, *symbols_);
  // the trampolines of our own probes have symbols now, and lie on the stacks that they look at
  if (probes_->mechanism().mechanism == Mechanism::fentry) symbols_ = Symbols::of_this_kernel();
  stacks_.emplace(*symbols_, [this](std::uint64_t key) { return probes_->stack(key); });
  decoder_.emplace(*stacks_, pages, probes_->functions());
  ring_.emplace(probes_->ring_fd(), plan_.probes.ring_bytes);
}

// What a program brings itself: a C library, or step markers.
void Session::attach_program(const std::string& word) {
  std::string file = resolve_command(word);
  if (is_static_program(file) || has_markers(file, "shmpath"))
    probes_->attach_file(std::filesystem::canonical(file));
}

// How functions are probed, or why they are not, and why in this place.
std::string Session::why() const {
  const MechanismChoice& mechanism = probes_->mechanism();
  std::string how = mechanism.mechanism == Mechanism::none && !mechanism.said.empty()
                        ? "no functions: " + mechanism.said
                        : mechanism.said;
  return how + (how.empty() || plan_.why.empty() ? "" : "; ") + plan_.why;
}

Header Session::make_header() const {
  utsname name{};
  uname(&name);
  const bool functions = probes_->mechanism().mechanism != Mechanism::none;
  Header header{.kernel = name.release,
                .machine = name.machine,
                .place = in_guest() ? "vm" : "host",
                .view = functions ? "functions" : "tracepoints",
                .why = why(),
                .command = command_words(plan_.commands),
                .attached = probes_->attached(),
                .missing = probes_->missing()};
  if (!symbols_->addresses_shown())
    header.missing.push_back(
        {"kernel function names",
         "/proc/kallsyms hides its addresses; run shmpath as root, or with CAP_SYSLOG and "
         "kernel.kptr_restrict at most 1"});
  for (MissingProbe& missing : header.missing) missing.name = strip_controls(missing.name);
  return header;
}

void Session::receive(std::span<const std::byte> bytes) {
  record head{};
  if (bytes.size() >= sizeof(head)) std::memcpy(&head, bytes.data(), sizeof(head));
  if (head.kind == REC_FRAMES && bytes.size() >= sizeof(stack_record)) {
    probes_->remember(*reinterpret_cast<const stack_record*>(bytes.data()));
    return;
  }
  if (head.kind == REC_STACK) {
    if (bytes.size() >= sizeof(stack_sample))
      probes_->learn(*reinterpret_cast<const stack_sample*>(bytes.data()));
    return;
  }
  if (head.kind == REC_MODULE && bytes.size() >= sizeof(task_change)) {
    const auto& change = *reinterpret_cast<const task_change*>(bytes.data());
    loading_modules_.emplace_back(change.comm, strnlen(change.comm, sizeof(change.comm)));
    return;
  }
  if (auto event = decoder_->decode(bytes)) path_.add(std::move(*event));
}

// A module's types are there only when it is live, which is soon after it was seen to load.
void Session::look_at_modules() {
  std::size_t live = std::erase_if(loading_modules_, [](const std::string& name) {
    auto state = read_file("/sys/module/" + name + "/initstate");
    return !state || state->starts_with("live");
  });
  if (!live) return;
  symbols_ = Symbols::of_this_kernel();
  probes_->attach_modules(*symbols_);
}

// The target must not suffer when the trace cannot be written: the first failure is kept, the
// rest is not shown, and the run ends with it.
void Session::show(const Event& event) {
  if (event.name == "execve" && event.type == EventType::enter) remember_program(event);
  if (event.name == "sched_process_exec") look_at_program(event);
  guard([&] { renderer_.event(event); });
}

void Session::remember_program(const Event& event) {
  const Value* path = find_arg(event, "pathname");
  const auto* text = path ? std::get_if<std::string>(path) : nullptr;
  if (text) executed_[event.pid] = *text;
}

// A program that carries its own C library is probed when it is seen, which is after it began:
// what it called until then is missing, and is said to be.
void Session::look_at_program(const Event& event) {
  std::error_code gone;  // a short program may have ended already
  std::filesystem::path file =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", event.pid), gone);
  if (gone) file = std::filesystem::canonical(executed_[event.pid], gone);
  executed_.erase(event.pid);
  if (!gone && is_static_program(file)) result_.summary.late_probes += probes_->attach_file(file);
}

template <typename Write>
void Session::guard(Write write) {
  if (output_failure_) return;
  try {
    write();
  } catch (const Failure& failure) {
    output_failure_ = failure;
  }
}

void Session::poll_until(const std::function<bool()>& over, const ProcessEnd& end) {
  int quiet = 0;
  Pace pace(plan_.probes.ring_bytes, one_processor());
  Precedence precedence;
  while (!over()) {
    std::size_t taken = read_ring(pace);
    precedence.set(pace.urgent());
    if (!loading_modules_.empty()) look_at_modules();
    settle_steps();
    if (taken >= Pace::batch_bytes) continue;
    quiet = ring_->produced() == ring_->consumed() && !taken ? quiet + 1 : 0;
    if (quiet == idle_rounds) {
      path_.flush();
      guard([&] { renderer_.idle(); });
    }
    end.wait(poll_ms);
  }
}

// Takes what is due, and returns how many bytes that was.
std::size_t Session::read_ring(Pace& pace) {
  auto began = Pace::Clock::now();
  std::size_t due = pace.due(ring_->produced(), ring_->consumed(), began);
  if (!due) return 0;
  std::size_t taken =
      ring_->drain(due, [this](std::span<const std::byte> bytes) { receive(bytes); });
  if (taken < Pace::batch_bytes) guard([&] { renderer_.flush(); });
  pace.took(began, Pace::Clock::now());
  return taken;
}

// What is in the ring now, also a record that its program is still writing; not what processes
// that go on running will add.
void Session::drain_all() {
  auto take = [this](std::span<const std::byte> bytes) { receive(bytes); };
  std::uint64_t end = ring_->produced();
  for (int waits = 0; ring_->consumed() < end && waits < most_waits;)
    if (!ring_->drain(Pace::batch_bytes, take)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      waits++;
    }
}

// Asks about the steps that are reached, and lets their processes go on.
void Session::settle_steps() {
  if (!plan_.steps) return;
  try {
    plan_.steps->settle(continue_stopped);
  } catch (const Failure& failure) {  // as in guard(), and nothing is left stopped
    if (!step_failure_) step_failure_ = failure;
    plan_.steps->leave();
    plan_.steps->settle(continue_stopped);
  }
  probes_->stop_at_steps(plan_.steps->pauses());
}

// What asks us to stop asks the traced processes too; asked twice, they are killed. A lab that is
// run in steps goes on to its end at first, where it removes what it made.
void Session::pass_stop(const Target& target, int seen) {
  if (plan_.steps && seen == 1) return plan_.steps->leave();
  int signal = seen > 1 ? SIGKILL : last_stop();
  kill(target.pid(), signal);
  for (pid_t pid : probes_->tracked())
    if (pid != target.pid()) kill(pid, signal);
}

void Session::run_command(Target& target) {
  probes_->track(target.pid(), true);
  settle_steps();
  ProcessEnd end(target.pid());
  target.release();
  int passed = 0;
  std::optional<ExitStatus> status;
  poll_until(
      [&] {
        if (stops_asked() > passed) pass_stop(target, passed = stops_asked());
        return (status = target.ended()).has_value();
      },
      end);
  drain_all();
  path_.flush();
  settle_steps();
  result_.status = *status;
}

void Session::watch_process(pid_t pid) {
  ProcessEnd end(pid);
  probes_->track(pid, false);
  result_.status.code = 0;
  poll_until([&] { return stops_asked() > 0 || end.wait(0); }, end);
  drain_all();
}

SessionResult Session::run() {
  StopSignals signals;
  start_tracing();
  renderer_.header(make_header());
  if (plan_.attach_to) watch_process(*plan_.attach_to);
  for (std::size_t i = 0; i < plan_.commands.size() && wants_more(); i++) {
    if (i) first_ = std::make_unique<Target>(plan_.commands[i], invoking_user(), plan_.streams);
    result_.pids.push_back(first_->pid());
    if (plan_.steps) plan_.steps->begins(first_->pid(), i);
    run_command(*first_);
    if (result_.status.as_shell() != 0) break;
  }
  path_.finish();
  ProbeCounts probes = probes_->counts();
  result_.summary.counts = path_.counts();
  result_.summary.counts.lost += probes.untold;
  result_.summary.missed = probes.missed;
  result_.summary.exit_code = plan_.attach_to ? -1 : result_.status.code;
  result_.summary.signal = result_.status.signal;
  if (step_failure_) throw Failure(*step_failure_);
  if (output_failure_) throw Failure(*output_failure_);
  renderer_.summary(result_.summary);
  renderer_.flush();
  if (in_guest() && getppid() == 1) leave_probes_in();  // the agent's own command: the last
  if (plan_.probes.verify_stacks)
    fmt::print(stderr, "stacks: {} recognised, {} of them mistaken; {} others unwound\n",
               probes.recognised, probes.mistaken, probes.unwound);
  return result_;
}

}  // namespace

SessionResult run_session(const SessionPlan& plan, Renderer& renderer) {
  return plan.by_ptrace ? run_ptrace_session(plan, renderer) : Session(plan, renderer).run();
}

}  // namespace shmpath
