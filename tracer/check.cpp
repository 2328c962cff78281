// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace shmpath {
namespace {

bool in_step(const Seen& seen, const FlowStep& step) {
  return seen.program == step.program && seen.step == step.number;
}

void note(Finding& finding, const Seen& seen) {
  if (!finding.first) finding.first = &seen;
  finding.count++;
}

constexpr const char* out_of_view = "not observed in this view";

// The view that is without probes: of the layers it has the system calls alone.
bool only_syscalls(const CheckInput& input) { return input.header.view == "syscalls"; }

Finding find_user(const std::string& name, const FlowStep& step, const CheckInput& input) {
  Finding finding{name, "user", "not reached", "C library"};
  if (only_syscalls(input)) finding.status = out_of_view;
  for (const MissingProbe& missing : input.header.missing)
    if (missing.name == name) finding.status = fmt::format("not probeable ({})", missing.reason);
  for (const Seen& seen : input.seen)
    if (seen.event->layer == Layer::user && seen.event->name == name && in_step(seen, step)) {
      finding.status = "observed";
      note(finding, seen);
    }
  return finding;
}

Finding find_syscall(const std::vector<std::string>& names, const FlowStep& step,
                     const CheckInput& input) {
  Finding finding{names.front(), "syscall", "not reached", ""};
  for (const std::string& name : names) {
    for (const Seen& seen : input.seen)
      if (seen.event->layer == Layer::syscall && seen.event->name == name && in_step(seen, step))
        note(finding, seen);
    if (!finding.first) continue;
    finding.status = name == names.front() ? "observed" : "renamed to " + name;
    break;
  }
  return finding;
}

// A folio that this step queued may reach its list in a later one: that insertion is this step's
// too.
bool queued_in(const Seen& seen, const FlowStep& step) {
  return seen.program == step.program && number_of(*seen.event, "queued_in_step") == step.number;
}

// Whether the event is an entry of the function under this name of its, or its stack goes through
// that.
bool passes(const Event& event, const std::string& documented, const std::string& name) {
  if (event.type == EventType::enter && event.layer == Layer::kernel && event.name == documented)
    return (event.symbol.empty() ? event.name : std::string(base_name(event.symbol))) == name;
  return event.stack &&
         std::find(event.stack->begin(), event.stack->end(), name) != event.stack->end();
}

// The name under which the function was entered, or stands in a stack, in this step.
struct Sighting {
  std::string name;
  const Seen* seen;
  std::size_t count;  // in this step
};
std::optional<Sighting> sight(const std::vector<std::string>& names, const FlowStep& step,
                              const CheckInput& input) {
  std::optional<Sighting> here, later;
  for (const Seen& seen : input.seen) {
    for (const std::string& name : names) {
      if (!passes(*seen.event, names.front(), name)) continue;
      if (in_step(seen, step)) {
        const bool entry = seen.event->type == EventType::enter;
        // entries count, and where there are none the stacks
        if (!here || (entry && here->seen->event->type != EventType::enter))
          here = Sighting{name, &seen, 0};
        here->count += entry == (here->seen->event->type == EventType::enter) ? 1 : 0;
        break;
      }
      if (queued_in(seen, step) && !later) later = Sighting{name, &seen, 1};
    }
  }
  return here ? here : later;
}

// Whether this kernel has the function as one of its own, under any of its names.
bool on_this_kernel(const std::string& name, const CheckInput& input) {
  auto names = all_names(name, input.functions);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return input.symbols->named(n).has_value(); });
}

std::string absent_status(const KernelFunction& function, const CheckInput& input) {
  for (const std::string& host : hosts_of(function, input.functions))
    if (input.symbols->named(host)) return "inlined into " + host;
  return "not on this kernel";
}

bool has_witness(const KernelFunction& function, const char* tracepoint) {
  return std::find(function.witness.begin(), function.witness.end(), tracepoint) !=
         function.witness.end();
}

// Whether the step came into the kernel at all, by its system call or by a page fault.
bool entered(const FlowStep& step, const CheckInput& input) {
  return std::any_of(input.seen.begin(), input.seen.end(), [&](const Seen& seen) {
    const std::string& name = seen.event->name;
    bool call = seen.event->layer == Layer::syscall &&
                std::find(step.syscall.begin(), step.syscall.end(), name) != step.syscall.end();
    return in_step(seen, step) && (call || name == "page_fault_user");
  });
}

// A function with a symbol and a probe of its own, whose callee was called while it was not: the
// compiler put a copy of it into the function around. "" where no call proves it.
std::string partly_inlined_into(const KernelFunction& function, const FlowStep& step,
                                const CheckInput& input) {
  for (const Seen& seen : input.seen) {
    const Event& event = *seen.event;
    bool callee =
        event.type == EventType::enter && event.layer == Layer::kernel &&
        std::find(function.calls.begin(), function.calls.end(), event.name) != function.calls.end();
    bool around =
        std::find(seen.inside.begin(), seen.inside.end(), function.name) != seen.inside.end();
    if (in_step(seen, step) && callee && !around)
      return seen.inside.empty() ? "its caller" : seen.inside.back();
  }
  return "";
}

// Why a function that is probed, or is in the trace's view, was not seen to be called.
std::string uncalled_status(const KernelFunction& function, const FlowStep& step,
                            const CheckInput& input) {
  std::string host = partly_inlined_into(function, step, input);
  if (!host.empty()) return "partly inlined: here into " + host;
  for (const MissingProbe& missing : input.header.missing)
    if (missing.name == function.name) return missing.reason;
  return "not reached";
}

// Why a function that this kernel has was not seen, where only tracepoints are.
std::string unseen_status(const KernelFunction& function, const FlowStep& step,
                          const CheckInput& input) {
  if (function.witness.empty()) return "not probeable (no tracepoint lies below it)";
  for (const Seen& seen : input.seen)
    if (has_witness(function, "mm_lru_insertion") && queued_in(seen, step) && !in_step(seen, step))
      return fmt::format(
          "not probeable (no stack of its own; the folio queued here reached its list in step {})",
          seen.step);
  // Tracepoints that see a function only at work below it do not tell whether it ran without.
  if (entered(step, input)) return "not probeable (no tracepoint fired below it here)";
  return "not reached";
}

Finding find_kernel(const std::string& name, const FlowStep& step, const CheckInput& input) {
  const KernelFunction& function = input.functions.at(name);
  Finding finding{name, "kernel", "", function.source};
  if (only_syscalls(input)) {
    finding.status = out_of_view;
    return finding;
  }
  // a tracepoint without a stack still witnesses the function that it stands in
  auto fired = [&](const Seen& seen) {
    return in_step(seen, step) && !seen.event->stack &&
           has_witness(function, seen.event->name.c_str());
  };
  if (auto sighting = sight(all_names(name, input.functions), step, input)) {
    finding.status = sighting->name == name ? "observed" : "renamed to " + sighting->name;
    finding.first = sighting->seen;
    finding.count = sighting->count;
    if (!in_step(*sighting->seen, step))
      finding.status += fmt::format(", later, in step {}", sighting->seen->step);
  } else if (input.symbols && input.symbols->empty()) {
    finding.status = "not probeable (/proc/kallsyms cannot be read)";
  } else if (input.symbols && !on_this_kernel(name, input)) {
    finding.status = absent_status(function, input);
  } else if (std::any_of(input.seen.begin(), input.seen.end(), fired)) {
    finding.status = "observed";
    for (const Seen& seen : input.seen)
      if (fired(seen)) note(finding, seen);
  } else {
    finding.status = input.header.view == "functions" ? uncalled_status(function, step, input)
                                                      : unseen_status(function, step, input);
  }
  return finding;
}

}  // namespace

std::vector<StepFindings> compare_steps(const CheckInput& input) {
  std::vector<StepFindings> all;
  for (const FlowStep& step : input.flow.steps) {
    StepFindings findings{&step, {}};
    if (!step.user.empty()) findings.findings.push_back(find_user(step.user, step, input));
    if (!step.syscall.empty()) findings.findings.push_back(find_syscall(step.syscall, step, input));
    for (const std::string& name : step.kernel)
      findings.findings.push_back(find_kernel(name, step, input));
    all.push_back(std::move(findings));
  }
  return all;
}

}  // namespace shmpath
