// SPDX-License-Identifier: BSD-2-Clause
//
// The verdict on each claim: what the lab printed, and what the trace shows.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "tracer/calls.h"
#include "tracer/check.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// The view that is without probes: of the layers it has the system calls alone.
bool only_syscalls(const CheckInput& input) { return input.header.view == "syscalls"; }

// The line that the lab printed for the claim: "C01 holds: text".
std::optional<ClaimResult> printed_verdict(const Claim& claim, const std::string& printed) {
  std::istringstream lines(printed);
  std::optional<ClaimResult> result;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(claim.id + " ")) continue;
    std::string_view rest = std::string_view(line).substr(claim.id.size() + 1);
    for (Verdict verdict : {Verdict::holds, Verdict::differs, Verdict::not_checked}) {
      std::string word = verdict_text(verdict) + ": ";
      if (!rest.starts_with(word)) continue;
      // a lab that measures a claim twice must find it true both times
      bool worse = !result || result->verdict == Verdict::holds;
      if (worse)
        result = ClaimResult{&claim, verdict, strip_controls(rest.substr(word.size())), false};
    }
  }
  return result;
}

// Why the trace cannot tell whether there was such a call as the rule names; "" when it can.
std::string no_probe(const Rule& rule, const CheckInput& input) {
  if (rule.layer == "syscall") return "";
  for (const std::string& name : rule.call) {
    for (const MissingProbe& missing : input.header.missing)
      if (missing.name == name) return fmt::format("{}: {}", name, missing.reason);
    if (input.header.view == "tracepoints" && rule.layer != "user" &&
        input.functions.contains(name))
      return name + ": the tracepoints view has no entries of kernel functions; try --place vm";
  }
  return "";
}

// A system call by its name alone, and not by the same name a function of the C library.
bool only_a_syscall(const std::string& name) {
  auto calls = user_calls();
  return is_syscall_name(name) &&
         std::none_of(calls.begin(), calls.end(),
                      [&](const CallSpec& call) { return call.name == name; });
}

// What a rule speaks of that the syscalls view does not have; "" when it has all.
std::string beyond_syscalls(const Rule& rule) {
  if (!rule.stack.empty()) return rule.stack.front();
  if (!rule.inside.empty() && !only_a_syscall(rule.inside)) return rule.inside;
  if (rule.layer == "syscall") return "";
  for (const std::string& name : rule.call)
    if (!rule.layer.empty() || !(only_a_syscall(name) || name.starts_with("sched_process_")))
      return name;
  return "";
}

ClaimResult traced_verdict(const Claim& claim, const CheckInput& input) {
  ClaimResult result{&claim, Verdict::holds, "", false};
  for (const Rule& rule : claim.see) {
    std::string unseen = only_syscalls(input) ? beyond_syscalls(rule) : "";
    if (!unseen.empty())
      return {&claim, Verdict::not_checked,
              fmt::format("the syscalls view does not show {}; the functions view does: --place vm",
                          unseen),
              false};
    RuleResult checked = check_rule(rule, input.seen, input.functions);
    // what was seen was there, but what was not seen may have been
    if (!input.summary.complete() && (!checked.met || rule.max))
      return {&claim, Verdict::not_checked, "the trace is incomplete: " + gaps_text(input.summary),
              false};
    // without its probe a call is neither proved nor, where none or few are due, ruled out
    std::string reason = no_probe(rule, input);
    if (!reason.empty() && (!checked.met || rule.max))
      return {&claim, Verdict::not_checked, reason, false};
    if (!checked.met) result.verdict = Verdict::differs;
    result.said += (result.said.empty() ? "seen: " : "; ") + checked.said;
  }
  return result;
}

// What a trace alone tells of a claim on which the lab itself gives a verdict.
ClaimResult without_program(const Claim& claim, const CheckInput& input) {
  constexpr const char* said = "by the program itself, which a trace does not hold: see check";
  ClaimResult result{&claim, Verdict::not_checked, said, false};
  if (claim.see.empty()) return result;
  result = traced_verdict(claim, input);
  result.said += fmt::format("; the rest {}", said);
  return result;
}

ClaimResult judge(const Claim& claim, const CheckInput& input) {
  std::optional<ClaimResult> printed;
  if (claim.program && !input.printed) return without_program(claim, input);
  if (claim.program) {
    printed = printed_verdict(claim, *input.printed);
    if (!printed) return {&claim, Verdict::not_checked, "the lab printed no verdict", true};
    if (claim.see.empty() || printed->verdict != Verdict::holds) return *printed;
  }
  ClaimResult traced = traced_verdict(claim, input);
  if (printed) traced.said = printed->said + "; " + traced.said;
  return traced;
}

}  // namespace

std::string verdict_text(Verdict verdict) {
  return verdict == Verdict::holds     ? "holds"
         : verdict == Verdict::differs ? "differs"
                                       : "not checked here";
}

std::vector<ClaimResult> judge_claims(const CheckInput& input) {
  std::vector<ClaimResult> results;
  for (const Claim& claim : input.flow.claims) results.push_back(judge(claim, input));
  return results;
}

}  // namespace shmpath
