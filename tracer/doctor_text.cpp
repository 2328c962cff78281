// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tracer/doctor.h"
#include "tracer/place.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

std::string ink(State state, bool colour) {
  if (!colour) return "";
  switch (state) {
    case State::ok:
      return "\033[32m";
    case State::limited:
      return "\033[33m";
    case State::missing:
      return "\033[31m";
    case State::unknown:
      break;
  }
  return "\033[35m";
}

// What files and other programs told may hold anything.
std::string clean(const std::string& text) { return strip_controls(text); }

// Neighbours of one cost and one remedy have it said once, below the last.
bool like(const Check& check, const Check& next) {
  return check.group == next.group && check.cost == next.cost && check.remedy == next.remedy;
}

std::string check_lines(const Check& check, const Check* next, std::size_t width, bool colour) {
  const std::string off = colour ? "\033[0m" : "";
  std::string lines =
      fmt::format("  {}{:<7}{}  {:<{}}  {}\n", ink(check.state, colour), state_name(check.state),
                  off, check.name, width, clean(check.found));
  if (next && like(check, *next)) return lines;
  const std::string indent(width + 13, ' ');
  if (!check.cost.empty()) lines += indent + "costs: " + clean(check.cost) + "\n";
  if (!check.remedy.empty()) lines += indent + "mend:  " + clean(check.remedy) + "\n";
  return lines;
}

std::string exit_meaning(Works works) {
  switch (works) {
    case Works::host:
      return "the host shows kernel paths";
    case Works::vm:
      return "the VM shows kernel paths, the host does not";
    case Works::syscalls:
      return "system calls only";
    case Works::replay:
      return "only replay works";
    case Works::nothing:
      break;
  }
  return "nothing works: the labs are not found";
}

// The verdict in one line.
std::string verdict_line(const Conclusion& verdict) {
  if (verdict.works == Works::nothing) return exit_meaning(verdict.works);
  std::string line;
  if (verdict.works == Works::replay)
    line = fmt::format(
        "nothing can be traced here (no functions or tracepoints: {}; no VM: {}; no "
        "ptrace)",
        verdict.best.functions_refused, verdict.no_vm);
  else
    line = machine_view(verdict.best);
  if (verdict.best.place == "vm")
    line +=
        fmt::format("; on the host, {}",
                    verdict.host_view.empty() ? "nothing" : "the " + verdict.host_view + " view");
  else if (verdict.vm)
    line += "; the VM works too";
  else if (verdict.best.functions_refused.empty())
    line += "; no VM: " + verdict.no_vm;
  return line + "; replay works";
}

nlohmann::ordered_json check_json(const Check& check) {
  return {{"group", check.group},
          {"name", check.name},
          {"state", state_name(check.state)},
          {"found", clean(check.found)},
          {"cost", clean(check.cost)},
          {"remedy", clean(check.remedy)}};
}

}  // namespace

std::string doctor_text(const Diagnosis& diagnosis, bool colour) {
  std::size_t width = 0;
  for (const Check& check : diagnosis.checks) width = std::max(width, check.name.size());
  std::string text, group;
  for (std::size_t i = 0; i < diagnosis.checks.size(); i++) {
    const Check& check = diagnosis.checks[i];
    if (check.group != group) text += fmt::format("{}{}\n", group.empty() ? "" : "\n", check.group);
    group = check.group;
    text +=
        check_lines(check, i + 1 < diagnosis.checks.size() ? &check + 1 : nullptr, width, colour);
  }
  const Conclusion& verdict = diagnosis.verdict;
  return text + fmt::format("\nThis machine: {}\nExit status {}: {}\n",
                            clean(verdict_line(verdict)), static_cast<int>(verdict.works),
                            exit_meaning(verdict.works));
}

std::string doctor_json(const Diagnosis& diagnosis) {
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const Check& check : diagnosis.checks) checks.push_back(check_json(check));
  const Conclusion& verdict = diagnosis.verdict;
  const bool traced = verdict.works != Works::replay && verdict.works != Works::nothing;
  Json best = nullptr;
  if (traced) best = Json{{"place", verdict.best.place}, {"view", verdict.best.view}};
  const Json whole{{"format", doctor_format},
                   {"shmpath", SHMPATH_VERSION},
                   {"kernel", clean(diagnosis.release)},
                   {"machine", clean(diagnosis.machine)},
                   {"checks", checks},
                   {"verdict",
                    {{"best", best},
                     {"host", verdict.host_view.empty() ? Json(nullptr) : Json(verdict.host_view)},
                     {"vm", verdict.vm},
                     {"no_vm", clean(verdict.no_vm)},
                     {"replay", verdict.replay},
                     {"text", clean(verdict_line(verdict))},
                     {"status", static_cast<int>(verdict.works)}}}};
  return whole.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace shmpath
