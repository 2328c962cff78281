// SPDX-License-Identifier: BSD-2-Clause
//
// What comes through the ring, and what it leads to.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <sched.h>

#include "tracer/bpf_session.h"
#include "tracer/elf.h"
#include "tracer/files.h"

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

}  // namespace

void BpfSession::receive(std::span<const std::byte> bytes) {
  record head{};
  if (bytes.size() >= sizeof(head)) std::memcpy(&head, bytes.data(), sizeof(head));
  if (head.kind != REC_LOST) read_++;
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
void BpfSession::look_at_modules() {
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
void BpfSession::show(const Event& event) {
  if (event.name == "execve" && event.type == EventType::enter) remember_program(event);
  if (event.name == "sched_process_exec") look_at_program(event);
  guard([&] { renderer_.event(event); });
}

void BpfSession::remember_program(const Event& event) {
  const Value* path = find_arg(event, "pathname");
  const auto* text = path ? std::get_if<std::string>(path) : nullptr;
  if (text) executed_[event.pid] = *text;
}

// A program that carries its own C library is probed when it is seen, which is after it began:
// what it called until then is missing, and is said to be. So it is with the shared C library when
// that was replaced by another file, as an upgrade does.
void BpfSession::look_at_program(const Event& event) {
  std::error_code gone;  // a short program may have ended already
  std::filesystem::path file =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", event.pid), gone);
  if (gone) file = std::filesystem::canonical(executed_[event.pid], gone);
  executed_.erase(event.pid);
  const bool brings_its_own = !gone && is_static_program(file);
  result_.summary.late_probes +=
      brings_its_own ? probes_->attach_file(file) : probes_->attach_libraries();
}

void BpfSession::poll_until(const std::function<bool()>& over, const ProcessEnd& end) {
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
std::size_t BpfSession::read_ring(Pace& pace) {
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
void BpfSession::drain_all() {
  auto take = [this](std::span<const std::byte> bytes) { receive(bytes); };
  std::uint64_t end = ring_->produced();
  for (int waits = 0; ring_->consumed() < end && waits < most_waits;)
    if (!ring_->drain(Pace::batch_bytes, take)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      waits++;
    }
}

}  // namespace shmpath
