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
    return options;
  }
  options.place = "host";
  bool lab = options.command == Command::run || options.command == Command::check;
  bool may_move = options.view == "auto" || options.view == "functions";
  std::string refused = lab && may_move ? functions_refused(options) : "";
  if (refused.empty()) return options;
  VmReady vm = vm_ready(options.kernel);
  if (vm.ready) {
    options.place = "vm";
    options.why = fmt::format("no functions on the host ({})", refused);
  } else {
    options.why = "no VM: " + vm.why_not;
  }
  return options;
}

std::string machine_view() {
  std::string refused = functions_refused(Options{});
  if (refused.empty()) return "the functions view works here";
  VmReady vm = vm_ready("");
  if (vm.ready)
    return fmt::format("the functions view works in the VM (not on the host: {})", refused);
  try {
    Probes probes(ProbeOptions{.ring_bytes = 4096});
    return fmt::format("the tracepoints view works here (no functions: {}; no VM: {})", refused,
                       vm.why_not);
  } catch (const Failure& failure) {
    return fmt::format("{}; no VM: {}", failure.what(), vm.why_not);
  }
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
