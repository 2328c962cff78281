// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace shmpath {
namespace {

using Json = nlohmann::ordered_json;

const char* expected_text(const Claim& claim) {
  switch (claim.expect) {
    case Expect::holds:
      return "holds";
    case Expect::differs:
      return "differs";
    case Expect::depends:
      return "depends";
  }
  return "";
}

// What stands below the line of a claim.
std::string details(const ClaimResult& result, bool chinese) {
  std::string out;
  if (!result.said.empty()) out += fmt::format("       measured: {}\n", result.said);
  if (!result.claim->truth.en.empty())
    out += fmt::format("       in truth: {}\n", result.claim->truth.in(chinese));
  if (!result.as_expected())
    out += fmt::format("       UNEXPECTED: {} was expected\n", expected_text(*result.claim));
  return out;
}

struct Counts {
  std::size_t hold = 0, differ = 0, not_checked = 0, unexpected = 0, no_lab = 0;
  void add(const ClaimResult& result) {
    if (!result.as_expected())
      unexpected++;
    else if (result.verdict == Verdict::not_checked)
      not_checked++;
    else
      (result.verdict == Verdict::holds ? hold : differ)++;
  }
  std::string text() const {
    std::string out =
        fmt::format("{} hold, {} differ as expected, {} not checked here, {} unexpected", hold,
                    differ, not_checked, unexpected);
    return no_lab == 0 ? out : out + fmt::format("; {} have no lab here", no_lab);
  }
};

Json both(const Text& text) { return {{"en", text.en}, {"zh", text.zh}}; }

Json step_json(const StepFindings& findings) {
  Json calls = Json::array();
  for (const Finding& finding : findings.findings)
    calls.push_back({{"layer", finding.kind},
                     {"name", finding.name},
                     {"source", finding.source},
                     {"status", finding.status}});
  return {{"program", findings.step->program},
          {"number", findings.step->number},
          {"text", both(findings.step->text)},
          {"calls", calls}};
}

Json claim_json(const ClaimResult& result) {
  const Claim& claim = *result.claim;
  Json json{{"id", claim.id},
            {"verdict", verdict_text(result.verdict)},
            {"expected", expected_text(claim)},
            {"as_expected", result.as_expected()},
            {"measured", result.said},
            {"text", both(claim.text)}};
  if (!claim.truth.en.empty()) json["truth"] = both(claim.truth);
  return json;
}

Json lab_json(const LabReport& report) {
  Json steps = Json::array(), claims = Json::array();
  for (const StepFindings& step : report.steps) steps.push_back(step_json(step));
  for (const ClaimResult& claim : report.claims) claims.push_back(claim_json(claim));
  return {{"lab", report.flow->id()},
          {"title", both(report.flow->title)},
          {"kernel", report.header.kernel},
          {"machine", report.header.machine},
          {"place", report.header.place},
          {"view", report.header.view},
          {"steps", steps},
          {"claims", claims},
          {"status", report.status},
          {"complete", report.gaps.empty()},
          {"gaps", report.gaps}};
}

}  // namespace

bool LabReport::good() const {
  return status == 0 && std::all_of(claims.begin(), claims.end(),
                                    [](const ClaimResult& claim) { return claim.as_expected(); });
}

std::string steps_text(const LabReport& report, bool chinese) {
  const Flow& flow = *report.flow;
  std::string out = fmt::format("{}: {}\n", flow.id(), flow.title.in(chinese));
  out += fmt::format("Linux {}, {} view on {}: documented against observed\n", report.header.kernel,
                     report.header.view, report.header.place);
  for (const StepFindings& step : report.steps) {
    const bool several = flow.programs.size() + flow.started.size() > 1;
    std::string program = several ? fmt::format(" ({})", step.step->program) : "";
    out +=
        fmt::format("\n  step {}{}: {}\n", step.step->number, program, step.step->text.in(chinese));
    for (const Finding& finding : step.findings)
      out += fmt::format("    {:<8} {:<27} {:<28} {}\n", finding.kind, finding.name, finding.source,
                         finding.status);
  }
  return out;
}

std::string claims_text(const LabReport& report, bool chinese) {
  std::string out = "\nclaims\n";
  for (const ClaimResult& result : report.claims) {
    out += fmt::format("  {}  {}  {}\n", result.claim->id, verdict_text(result.verdict),
                       result.claim->text.in(chinese));
    out += details(result, chinese);
  }
  return out;
}

std::string faults_text(const LabReport& report) {
  std::string out;
  if (report.status != 0) out += fmt::format("\nthe lab failed: exit status {}\n", report.status);
  if (!report.gaps.empty()) out += fmt::format("\nthe trace is incomplete: {}\n", report.gaps);
  return out;
}

std::string ledger_text(const std::vector<LabReport>& reports, bool chinese) {
  std::multimap<std::string, std::pair<const Flow*, const ClaimResult*>> by_id;
  for (const LabReport& report : reports)
    for (const ClaimResult& result : report.claims)
      by_id.emplace(result.claim->id, std::pair(report.flow, &result));

  Counts counts;
  for (unsigned number = 1; number <= last_claim; number++)
    if (std::string id = fmt::format("C{:02}", number); !by_id.contains(id)) {
      by_id.emplace(id, std::pair(nullptr, nullptr));
      counts.no_lab++;
    }
  std::string out = "claims ledger\n";
  for (const auto& [id, row] : by_id) {
    const auto& [flow, result] = row;
    if (!result) {
      out += fmt::format("  {}  no lab here checks it\n", id);
      continue;
    }
    counts.add(*result);
    out += fmt::format("  {}  {:<16}  {:02}  {}\n", id, verdict_text(result->verdict), flow->number,
                       result->claim->text.in(chinese));
    out += details(*result, chinese);
  }
  return out + "\n" + counts.text() + "\n";
}

std::string report_json(const std::vector<LabReport>& reports) {
  Json labs = Json::array();
  for (const LabReport& report : reports) labs.push_back(lab_json(report));
  const Json whole{{"format", check_format}, {"labs", labs}};
  return whole.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace shmpath
