// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "tracer/decode.h"
#include "tracer/elf.h"
#include "tracer/failure.h"
#include "tracer/path.h"
#include "tracer/ring.h"
#include "tracer/symbols.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr int poll_ms = 5;        // how long records may wait in the ring
constexpr int idle_rounds = 20;   // quiet rounds before what is held back is shown
constexpr int most_waits = 1000;  // for a record that was begun: nothing takes that long
constexpr std::size_t batch_bytes = 1 << 20;  // taken from the ring before its room is given back

volatile std::sig_atomic_t stop_signal = 0;  // the signal that asks us to stop
volatile std::sig_atomic_t stop_count = 0;

void on_stop(int signal) {
  stop_signal = signal;
  stop_count = stop_count + 1;
}

// While it lives, SIGINT, SIGTERM and SIGHUP are noted instead of ending us.
class StopSignals {
 public:
  StopSignals() {
    stop_signal = 0;
    stop_count = 0;
    struct sigaction action {};
    action.sa_handler = on_stop;
    for (std::size_t i = 0; i < std::size(signals); i++)
      sigaction(signals[i], &action, &before_[i]);
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~StopSignals() {
    for (std::size_t i = 0; i < std::size(signals); i++)
      sigaction(signals[i], &before_[i], nullptr);
    std::signal(SIGPIPE, SIG_DFL);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[std::size(signals)];
};

// Readable when the process ends.
class ProcessEnd {
 public:
  explicit ProcessEnd(pid_t pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {
    if (fd_ < 0)
      throw Failure(fmt::format("cannot trace process {}", pid), strerror(errno),
                    "give the pid of a running process");
  }
  ~ProcessEnd() { close(fd_); }
  ProcessEnd(const ProcessEnd&) = delete;
  ProcessEnd& operator=(const ProcessEnd&) = delete;
  bool wait(int ms) const {
    pollfd ready{fd_, POLLIN, 0};
    return poll(&ready, 1, ms) > 0;
  }

 private:
  int fd_;
};

class Session {
 public:
  Session(const SessionPlan& plan, Renderer& renderer);
  SessionResult run();

 private:
  void start_tracing();
  void run_command(Target& target, const std::vector<std::string>& command);
  void watch_process(pid_t pid);
  void poll_until(const std::function<bool()>& over, const ProcessEnd& end);
  void receive(std::span<const std::byte> bytes);
  void show(const Event& event);
  template <typename Write>
  void guard(Write write);
  std::size_t drain();
  void drain_all();
  void pass_stop(const Target& target, int seen);
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
  std::optional<Failure> output_failure_;
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
  PageLayout pages = probes_->page_layout();
  symbols_ = loading_.get();
  stacks_.emplace(*symbols_, [this](std::uint64_t key) { return probes_->stack(key); });
  decoder_.emplace(*stacks_, pages);
  ring_.emplace(probes_->ring_fd(), plan_.probes.ring_bytes);
}

Header Session::make_header() const {
  utsname name{};
  uname(&name);
  Header header{.kernel = name.release,
                .machine = name.machine,
                .place = "host",
                .view = "tracepoints",
                .why = plan_.why,
                .command = {},
                .attached = probes_->attached(),
                .missing = probes_->missing()};
  if (!symbols_->addresses_shown())
    header.missing.push_back(
        {"kernel function names",
         "kernel.kptr_restrict hides /proc/kallsyms; sysctl kernel.kptr_restrict=1"});
  for (const auto& command : plan_.commands) {
    if (!header.command.empty()) header.command.emplace_back(";");
    for (const std::string& word : command) header.command.push_back(escape_bytes(word));
  }
  for (MissingProbe& missing : header.missing) missing.name = strip_controls(missing.name);
  return header;
}

void Session::receive(std::span<const std::byte> bytes) {
  record head{};
  if (bytes.size() >= sizeof(head)) std::memcpy(&head, bytes.data(), sizeof(head));
  if (head.kind == REC_STACK) {
    if (bytes.size() >= sizeof(stack_sample))
      probes_->learn(*reinterpret_cast<const stack_sample*>(bytes.data()));
    return;
  }
  if (auto event = decoder_->decode(bytes)) path_.add(std::move(*event));
}

// The target must not suffer when the trace cannot be written: the first failure is kept, the
// rest is not shown, and the run ends with it.
void Session::show(const Event& event) {
  if (event.name == "sched_process_exec") {
    std::string file = fmt::format("/proc/{}/exe", event.pid);
    std::error_code error;
    auto program = std::filesystem::read_symlink(file, error);
    if (!error && is_static_program(program)) probes_->attach_file(program);
  }
  guard([&] { renderer_.event(event); });
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
  while (!over()) {
    std::size_t taken = drain();
    if (taken >= batch_bytes) continue;
    if (taken) guard([&] { renderer_.flush(); });
    quiet = taken ? 0 : quiet + 1;
    if (quiet == idle_rounds) {
      path_.flush();
      guard([&] { renderer_.idle(); });
    }
    end.wait(poll_ms);
  }
}

std::size_t Session::drain() {
  return ring_->drain(batch_bytes, [this](std::span<const std::byte> bytes) { receive(bytes); });
}

// What is in the ring now, also a record that its program is still writing; not what processes
// that go on running will add.
void Session::drain_all() {
  std::uint64_t end = ring_->produced();
  for (int waits = 0; ring_->consumed() < end && waits < most_waits;)
    if (!drain()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      waits++;
    }
}

// What asks us to stop asks the traced processes too; asked twice, they are killed.
void Session::pass_stop(const Target& target, int seen) {
  int signal = seen > 1 ? SIGKILL : stop_signal;
  kill(target.pid(), signal);
  for (pid_t pid : probes_->tracked())
    if (pid != target.pid()) kill(pid, signal);
}

void Session::run_command(Target& target, const std::vector<std::string>& command) {
  std::string file = resolve_command(command.front());
  if (is_static_program(file) || has_markers(file, "shmpath"))
    probes_->attach_file(std::filesystem::absolute(file));
  probes_->track(target.pid(), true);
  ProcessEnd end(target.pid());
  target.release();
  int passed = 0;
  std::optional<ExitStatus> status;
  poll_until(
      [&] {
        if (stop_count > passed) pass_stop(target, passed = stop_count);
        return (status = target.ended()).has_value();
      },
      end);
  drain_all();
  result_.status = *status;
}

void Session::watch_process(pid_t pid) {
  ProcessEnd end(pid);
  probes_->track(pid, false);
  result_.status.code = 0;
  poll_until([&] { return stop_count > 0 || end.wait(0); }, end);
  drain_all();
}

SessionResult Session::run() {
  StopSignals signals;
  start_tracing();
  renderer_.header(make_header());
  if (plan_.attach_to) watch_process(*plan_.attach_to);
  for (std::size_t i = 0; i < plan_.commands.size() && !stop_count; i++) {
    if (i) first_ = std::make_unique<Target>(plan_.commands[i], invoking_user(), plan_.streams);
    result_.pids.push_back(first_->pid());
    run_command(*first_, plan_.commands[i]);
    if (result_.status.as_shell() != 0) break;
  }
  path_.finish();
  ProbeCounts probes = probes_->counts();
  result_.interrupted = stop_count > 0;
  result_.summary.counts = path_.counts();
  result_.summary.counts.lost += probes.untold;
  result_.summary.missed = probes.missed;
  result_.summary.exit_code = plan_.attach_to ? -1 : result_.status.code;
  result_.summary.signal = result_.status.signal;
  if (output_failure_) throw *output_failure_;
  renderer_.summary(result_.summary);
  if (plan_.probes.verify_stacks)
    fmt::print(stderr, "stacks: {} recognised, {} of them mistaken; {} others unwound\n",
               probes.recognised, probes.mistaken, probes.unwound);
  return result_;
}

}  // namespace

SessionResult run_session(const SessionPlan& plan, Renderer& renderer) {
  return Session(plan, renderer).run();
}

}  // namespace shmpath
