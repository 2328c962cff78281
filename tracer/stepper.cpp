// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/stepper.h"

#include <fmt/format.h>

#include <algorithm>

#include "tracer/files.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

std::uint32_t pid_arg(const Event& event, std::string_view name) {
  return static_cast<std::uint32_t>(number_arg(event, name).value_or(0));
}

// As the flow has it; what it has not, the marker alone describes.
FlowStep flow_step(const Flow& flow, const std::string& program, const Event& event) {
  for (const FlowStep& step : flow.steps)
    if (step.program == program && step.number == event.number) return step;
  FlowStep step;
  step.program = program;
  step.number = event.number;
  step.text = {event.text, event.text};
  return step;
}

std::size_t steps_of(const Flow& flow, const std::string& program) {
  return static_cast<std::size_t>(
      std::count_if(flow.steps.begin(), flow.steps.end(),
                    [&](const FlowStep& step) { return step.program == program; }));
}

}  // namespace

Stepper::Stepper(const Flow& flow, const Catalogue& catalogue, Student& student,
                 std::function<std::string()> printed, const ScreenStyle& style)
    : flow_(flow),
      catalogue_(catalogue),
      student_(student),
      take_printed_(std::move(printed)),
      style_(style),
      pauses_(student.answers()),
      names_(flow.programs) {
  names_.insert(names_.end(), flow.started.begin(), flow.started.end());
  for (const std::string& name : names_)
    sources_.push_back(read_file(flow.folder + "/" + name + ".cpp").value_or(""));
}

void Stepper::header(const Header& header) {
  header_ = header;
  say(fmt::format("{}: {}", flow_.id(), flow_.title.in(style_.chinese)));
  say(fmt::format("{} view on {}, Linux {}: {}", header.view, header.place, header.kernel,
                  header.why));
  for (const MissingProbe& missing : header.missing)
    if (!missing.by_nature) say(fmt::format("not attached: {}: {}", missing.name, missing.reason));
  if (pauses_)
    say(
        word("The lab waits before each step. Type the letter of your answer and Enter; Enter "
             "alone gives none.",
             "每一步之前实验都会停下。输入答案的字母并按 Enter；只按 Enter 表示不答。"));
}

void Stepper::begins(pid_t pid, std::size_t program) {
  programs_[static_cast<std::uint32_t>(pid)] = program;
}

void Stepper::event(const Event& event) {
  if (event.type == EventType::lost) {
    for (auto& [pid, step] : running_) step->events.push_back(event);
    return;
  }
  if (event.type == EventType::step) {
    read_printed();
    end_step(event.pid, fmt::format("step {}: {}", event.number, event.text));
    running_[event.pid] = begin_step(event);
    due_.push_back({running_[event.pid], false});
    return;
  }
  // a folio of the program's start that only now reaches its list is not of this step
  if (find_arg(event, "queued_by") && !find_arg(event, "queued_in_step")) return;
  auto step = step_of(event.pid);
  if (!step) step = step_of(pid_arg(event, "queued_by"));
  if (step) step->events.push_back(event);
  if (event.name == "sched_process_fork" && pid_arg(event, "child_pid") != event.pid)
    parents_[pid_arg(event, "child_pid")] = event.pid;
  if (event.name == "sched_process_exec") begin_program(event);
  if (event.name == "sched_process_exit" && event.pid == event.tid) {
    read_printed();
    end_step(event.pid, "");
  }
}

// A program of the lab that another one starts; the kernel keeps 15 bytes of its name.
void Stepper::begin_program(const Event& exec) {
  const Value* comm = find_arg(exec, "comm");
  const auto* name = comm ? std::get_if<std::string>(comm) : nullptr;
  if (!name) return;
  for (std::size_t i = flow_.programs.size(); i < names_.size(); i++)
    if (names_[i].substr(0, 15) == *name) programs_[exec.pid] = i;
}

std::shared_ptr<Stepper::Step> Stepper::begin_step(const Event& event) {
  const std::size_t program = program_of(event.pid);
  auto step = std::make_shared<Step>();
  step->lab = flow_.id();
  step->program = names_[program];
  step->step = flow_step(flow_, step->program, event);
  step->of = std::max<std::size_t>(steps_of(flow_, step->program), event.number);
  step->source = lines_of_step(sources_[program], event.text, event.number);
  std::string source;
  for (const SourceLine& line : step->source) source += line.text + "\n";
  step->question =
      make_question(flow_, step->step, catalogue_, source, before_steps(sources_[program]));
  step->pid = static_cast<pid_t>(event.pid);
  step->stopped = event.stopped;
  return step;
}

// What the program printed belongs to the step up to the line that announces the next one.
void Stepper::end_step(std::uint32_t pid, const std::string& until) {
  auto found = running_.find(pid);
  if (found != running_.end()) {
    found->second->printed = printed_until(until);
    due_.push_back({found->second, true});
    running_.erase(found);
  } else {
    printed_until(until);
  }
}

std::string Stepper::printed_until(const std::string& line) {
  std::string before;
  std::size_t taken = 0;
  while (taken < printed_.size()) {
    const std::size_t end = std::min(printed_.find('\n', taken), printed_.size());
    const std::string each = escape_bytes(std::string_view(printed_).substr(taken, end - taken));
    taken = std::min(end + 1, printed_.size());
    if (each == line) break;
    before += each + "\n";
  }
  printed_.erase(0, taken);
  return before;
}

// A process that announces no steps takes part in its parent's.
std::shared_ptr<Stepper::Step> Stepper::step_of(std::uint32_t pid) const {
  for (auto parent = parents_.find(pid);; parent = parents_.find(pid)) {
    if (auto found = running_.find(pid); found != running_.end()) return found->second;
    if (parent == parents_.end()) return nullptr;
    pid = parent->second;
  }
}

std::size_t Stepper::program_of(std::uint32_t pid) const {
  for (auto parent = parents_.find(pid);; parent = parents_.find(pid)) {
    if (auto found = programs_.find(pid); found != programs_.end()) return found->second;
    if (parent == parents_.end()) return 0;
    pid = parent->second;
  }
}

void Stepper::settle(const std::function<void(pid_t)>& go_on) {
  read_printed();
  while (!due_.empty()) {
    Due due = due_.front();  // stays where it is until it is settled: showing it may fail
    if (!left_) show_due(due);
    if (!due.over && due.step->stopped) go_on(due.step->pid);
    due_.pop_front();
  }
}

void Stepper::show_due(Due& due) {
  if (due.over) {
    show_result(*due.step);
    return;
  }
  if (pauses_ && !fits_below(*due.step)) wait_for_enter();
  if (left_) return;
  show_question(*due.step);
  if (pauses_) ask(*due.step);
}

void Stepper::leave() {
  left_ = true;
  pauses_ = false;
}

void Stepper::summary(const Summary& summary) {
  while (!running_.empty()) end_step(running_.begin()->first, "");
  settle([](pid_t) {});
  if (left_)
    say(word("Left early: the lab went on to its end by itself.",
             "已离开：实验自己运行到了结束。"));
  if (student_.answers())
    say(fmt::format(fmt::runtime(word("score: {} right, {} wrong, {} without an answer, {} not "
                                      "counted",
                                      "得分：答对 {}，答错 {}，未答 {}，不计分 {}")),
                    score_.right, score_.wrong, score_.skipped, score_.unclear));
  const std::string end = summary.signal ? fmt::format(", killed by signal {}", summary.signal)
                          : summary.exit_code >= 0
                              ? fmt::format(", exit status {}", summary.exit_code)
                              : "";
  say(summary.complete()
          ? fmt::format("complete: {} events, nothing lost{}", summary.counts.events, end)
          : fmt::format("incomplete: {} events, but {}{}", summary.counts.events,
                        gaps_text(summary), end));
}

}  // namespace shmpath
