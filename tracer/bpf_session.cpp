// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/bpf_session.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tracer/elf.h"
#include "tracer/place.h"
#include "tracer/rights.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// Rather than wait until the kernel has taken out each probe, which is some seconds for all of
// them, a process that outlives us keeps them, and nothing else of ours. A guest is thrown away as
// it is after the agent's own command; the judge has work to do meanwhile.
void leave_probes_in() {
  const bool last = getppid() == 1, meanwhile = getenv("SHMPATH_DETACH_BEHIND") != nullptr;
  if (!last && !meanwhile) return;
  const pid_t tracer = getpid();
  if (fork() != 0) return;
  if (!last) prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    auto what = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!what.starts_with("anon_inode:")) close(std::stoi(entry.path().filename()));
  }
  while (last || getppid() == tracer) pause();
  _exit(0);
}

}  // namespace

BpfSession::BpfSession(const SessionPlan& plan, Renderer& renderer)
    : plan_(plan), renderer_(renderer), path_([this](const Event& event) { show(event); }) {}

// The target is forked first, while there is one thread; the symbol table is read beside the rest.
void BpfSession::start_tracing() {
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
void BpfSession::attach_program(const std::string& word) {
  std::string file = resolve_command(word);
  if (is_static_program(file) || has_markers(file, "shmpath"))
    probes_->attach_file(std::filesystem::canonical(file));
}

// How functions are probed, or why they are not, and why in this place.
std::string BpfSession::why() const {
  const MechanismChoice& mechanism = probes_->mechanism();
  std::string how = mechanism.mechanism == Mechanism::none && !mechanism.said.empty()
                        ? "no functions: " + mechanism.said
                        : mechanism.said;
  return how + (how.empty() || plan_.why.empty() ? "" : "; ") + plan_.why;
}

Header BpfSession::make_header() const {
  utsname name{};
  uname(&name);
  const bool functions = probes_->mechanism().mechanism != Mechanism::none;
  Header header{.kernel = name.release,
                .machine = name.machine,
                .place = in_guest() ? "vm" : "host",
                .view = functions ? "functions" : "tracepoints",
                .why = why(),
                .lab = plan_.lab,
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

// Asks about the steps that are reached, and lets their processes go on.
void BpfSession::settle_steps() {
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
void BpfSession::pass_stop(const Target& target, int seen) {
  if (plan_.steps && seen == 1) return plan_.steps->leave();
  int signal = seen > 1 ? SIGKILL : last_stop();
  kill(target.pid(), signal);
  for (pid_t pid : probes_->tracked())
    if (pid != target.pid()) kill(pid, signal);
}

void BpfSession::run_command(Target& target) {
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

void BpfSession::watch_process(pid_t pid) {
  ProcessEnd end(pid);
  probes_->track(pid, false);
  if (!end.wait(0)) require_own_process(pid);  // again: an exec before that line went unseen
  result_.status.code = 0;
  poll_until([&] { return stops_asked() > 0 || end.wait(0); }, end);
  drain_all();
}

SessionResult BpfSession::run() {
  StopSignals signals;
  start_tracing();
  renderer_.header(make_header());
  renderer_.flush();  // where it cannot be written, the program need not be started
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
  if (in_guest()) leave_probes_in();
  if (plan_.probes.verify_stacks)
    fmt::print(stderr,
               "stacks: {} recognised, {} of them mistaken; {} others unwound\n"
               "records: {} generated, {} lost, {} read\n",
               probes.recognised, probes.mistaken, probes.unwound, probes.attempted, probes.lost,
               read_);
  return result_;
}

}  // namespace shmpath
