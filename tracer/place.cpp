// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/place.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <sstream>
#include <string_view>

#include "tracer/attach.h"
#include "tracer/failure.h"
#include "tracer/mechanism.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace {

// "" when kernel functions can be probed here, else why not.
std::string functions_refused(const std::string& attach) {
  try {
    KernelTypes types;
    MechanismChoice choice = choose_mechanism(attach, 0, types);
    return choice.mechanism == Mechanism::none ? choice.said : "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

bool observes(const Options& options) {
  return options.command == Command::run || options.command == Command::trace ||
         options.command == Command::check;
}

bool view_is_open(const Options& options) {
  return options.view == "auto" && options.functions.empty() && options.attach == "auto";
}

// The place is this machine: the view that needs no BPF, where that is all that works.
Options settle_view(Options options) {
  std::string refused = view_is_open(options) && observes(options) ? tracepoints_refused() : "";
  if (refused.empty()) return options;
  options.view = "syscalls";
  options.why += (options.why.empty() ? "" : "; ") + no_kernel_views(refused);
  return options;
}

}  // namespace

bool needs_rights(const Options& options) {
  switch (options.command) {
    case Command::run:
    case Command::trace:
    case Command::check:
      return options.place != "vm";
    case Command::vm_run:
      return options.grading;
    case Command::list:
    case Command::doctor:
    case Command::exercise:
    case Command::grade:
    case Command::judge:
    case Command::vm_agent:
      return true;
    default:
      return false;
  }
}

Options choose_place(Options options) {
  if (in_guest()) {
    const char* why = getenv("SHMPATH_WHY");
    options.place = "host";
    options.why = why ? why : "";
    return options;
  }
  if (options.place != "auto") {
    options.why = "as asked";
    return options.place == "host" ? settle_view(std::move(options)) : options;
  }
  options.place = "host";
  if (options.view == "syscalls") options.why = "as asked";
  bool lab = options.command == Command::run || options.command == Command::check;
  bool may_move = options.view == "auto" || options.view == "functions";
  if (!lab || !may_move) return settle_view(std::move(options));
  const BestView best = best_view(this_machine(options.attach, options.kernel));
  options.place = best.place;
  options.why = best.why();
  if (best.view == "syscalls" && view_is_open(options)) options.view = best.view;
  return options;
}

MachineAnswers this_machine(const std::string& attach, const std::string& kernel) {
  return {tracepoints_refused, [attach] { return functions_refused(attach); },
          [kernel] {
            return in_guest() ? VmReady{false, "this is the VM"} : vm_ready(kernel);
          }};
}

std::string machine_view(const BestView& best) {
  if (best.functions_refused.empty()) return "the functions view works here";
  if (best.place == "vm")
    return fmt::format("the functions view works in the VM (not on the host: {})",
                       best.functions_refused);
  if (best.view == "tracepoints")
    return fmt::format("the tracepoints view works here (no functions: {}; no VM: {})",
                       best.functions_refused, best.no_vm);
  return fmt::format("the syscalls view works here (no functions or tracepoints: {}; no VM: {})",
                     best.tracepoints_refused, best.no_vm);
}

void prepare_devices(const Flow& flow) {
  if (!in_guest()) return;
  for (const std::string& module : flow.modules) {
    std::vector<std::string> words{"modprobe"};
    std::istringstream line(module);
    for (std::string word; line >> word;) words.push_back(word);
    run_program({.words = words});
  }
  for (const std::string& device : flow.devices) chmod(device.c_str(), 0666);
}

}  // namespace shmpath
