// SPDX-License-Identifier: BSD-2-Clause
//
// The straight line with BPF: probes and a ring, decode, path, renderer.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "tracer/decode.h"
#include "tracer/failure.h"
#include "tracer/pace.h"
#include "tracer/path.h"
#include "tracer/ring.h"
#include "tracer/session.h"
#include "tracer/signals.h"
#include "tracer/symbols.h"

namespace shmpath {

// One trace of the functions or the tracepoints view. What it is told lives longer than it does.
class BpfSession {
 public:
  BpfSession(const SessionPlan& plan, Renderer& renderer);
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
  std::uint64_t read_ = 0;  // records, but for those that tell of lost ones
  SessionResult result_;
};

template <typename Write>
void BpfSession::guard(Write write) {
  if (output_failure_) return;
  try {
    write();
  } catch (const Failure& failure) {
    output_failure_ = failure;
  }
}

}  // namespace shmpath
