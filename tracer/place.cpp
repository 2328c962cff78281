// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/place.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <sstream>
#include <string_view>

#include "tracer/attach.h"
#include "tracer/failure.h"
#include "tracer/kernels.h"
#include "tracer/mechanism.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace {

// "" when kernel functions can be probed here, else why not.
std::string functions_refused(const Options& options) {
  try {
    KernelTypes types;
    MechanismChoice choice = choose_mechanism(options.attach, 0, types);
    return choice.mechanism == Mechanism::none ? choice.said : "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

bool observes(const Options& options) {
  return options.command == Command::run || options.command == Command::trace ||
         options.command == Command::check;
}

// The place is this machine: the view that needs no BPF, where that is all that works.
Options settle_view(Options options) {
  bool open = options.view == "auto" && options.functions.empty() && options.attach == "auto";
  std::string refused = open && observes(options) ? tracepoints_refused() : "";
  if (refused.empty()) return options;
  options.view = "syscalls";
  options.why += (options.why.empty() ? "" : "; ") + ("no functions or tracepoints: " + refused);
  return options;
}

}  // namespace

bool in_guest() {
  const char* place = getenv("SHMPATH_PLACE");
  return place && std::string_view(place) == "vm";
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
  std::string refused = lab && may_move ? functions_refused(options) : "";
  if (refused.empty()) return settle_view(std::move(options));
  VmReady vm = vm_ready(options.kernel);
  if (vm.ready) {
    options.place = "vm";
    options.why = fmt::format("no functions on the host ({})", refused);
    return options;
  }
  options.why = "no VM: " + vm.why_not;
  return settle_view(std::move(options));
}

std::string machine_view() {
  std::string refused = functions_refused(Options{});
  if (refused.empty()) return "the functions view works here";
  VmReady vm = vm_ready("");
  if (vm.ready)
    return fmt::format("the functions view works in the VM (not on the host: {})", refused);
  std::string no_tracepoints = tracepoints_refused();
  if (no_tracepoints.empty())
    return fmt::format("the tracepoints view works here (no functions: {}; no VM: {})", refused,
                       vm.why_not);
  return fmt::format("the syscalls view works here (no functions or tracepoints: {}; no VM: {})",
                     no_tracepoints, vm.why_not);
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
