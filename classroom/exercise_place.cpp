// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise_place.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tracer/place.h"

namespace shmpath {
namespace {

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "" when the exercise can run on the host, whatever watches it.
std::string host_lacks(const Exercise& exercise, const CheckMachine& machine) {
  if (has(exercise.needs, "vm") && !machine.is_vm) return "what it needs is in the VM";
  if (has(exercise.needs, "root") && !machine.root) return "it needs root";
  if (has(exercise.needs, "bpf")) return machine.can.functions_refused();
  return "";
}

std::string view_refused(const std::string& view, const MachineAnswers& can) {
  if (view == "syscalls") return "";
  const std::string refused = can.tracepoints_refused();
  return view == "tracepoints" || !refused.empty() ? refused : can.functions_refused();
}

struct Candidate {
  std::string place, view;
};

// "" when it can be had, else why not.
std::string refused(const Candidate& one, const Exercise& exercise, const CheckMachine& machine) {
  if (one.place == "host") {
    const std::string lacks = host_lacks(exercise, machine);
    return lacks.empty() ? view_refused(one.view, machine.can) : lacks;
  }
  const VmReady vm = machine.can.vm_ready();
  return vm.ready ? "" : vm.why_not;
}

std::string reason_of(const Candidate& one, const Exercise& exercise, const CheckMachine& machine,
                      const std::string& refused) {
  if (one.place == "vm") return "no VM: " + refused;
  if (!host_lacks(exercise, machine).empty()) return "not on the host: " + refused;
  return fmt::format("no {} on the host: {}", one.view, refused);
}

template <class Answer>
void ask_once(std::function<Answer()>& question) {
  question = [ask = question, known = std::optional<Answer>()]() mutable {
    if (!known) known = ask();
    return *known;
  };
}

}  // namespace

CheckPlace find_check_place(const Exercise& exercise, const CheckMachine& machine,
                            const PlaceWish& wish) {
  CheckPlace found{"", "", "", wish.kernel};
  std::vector<std::string> reasons;
  auto note = [&](const std::string& reason) {
    if (!has(reasons, reason)) reasons.push_back(reason);
  };
  if (wish.view != "auto" && !has(exercise.views, wish.view))
    note(fmt::format("the {} view does not show all that it asks for", wish.view));
  for (const std::string view : {"functions", "tracepoints", "syscalls"})
    for (const std::string place : {"host", "vm"}) {
      if (found.found() || (wish.place != "auto" && wish.place != place)) continue;
      if ((wish.view != "auto" && wish.view != view) || !has(exercise.views, view)) continue;
      const std::string why_not = refused({place, view}, exercise, machine);
      if (!why_not.empty()) {
        note(reason_of({place, view}, exercise, machine, why_not));
        continue;
      }
      found.place = place;
      found.view = view;
    }
  for (const std::string& reason : reasons) found.why += (found.why.empty() ? "" : "; ") + reason;
  if (found.why.empty() && (wish.place != "auto" || wish.view != "auto")) found.why = "as asked";
  return found;
}

CheckMachine this_check_machine(const std::string& kernel) {
  CheckMachine machine{this_machine("auto", kernel), geteuid() == 0, in_guest()};
  ask_once(machine.can.tracepoints_refused);
  ask_once(machine.can.functions_refused);
  ask_once(machine.can.vm_ready);
  return machine;
}

std::string place_text(const CheckPlace& place, bool chinese) {
  std::string text;
  if (!place.found())
    text = chinese ? "这里无法检查" : "cannot be checked here";
  else if (chinese)
    text = fmt::format("在{}，{} 视图", place.place == "vm" ? "虚拟机中" : "本机上", place.view);
  else
    text =
        fmt::format("{}, {} view", place.place == "vm" ? "in the VM" : "on the host", place.view);
  if (!place.why.empty()) text += chinese ? "（" + place.why + "）" : " (" + place.why + ")";
  return text;
}

}  // namespace shmpath
