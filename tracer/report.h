// SPDX-License-Identifier: BSD-2-Clause
//
// What `check` found, as text for people and as JSON for programs. Pure.
#pragma once

#include <string>
#include <vector>

#include "tracer/check.h"

namespace shmpath {

// One lab, run and judged. What it points to belongs to the catalogue.
struct LabReport {
  const Flow* flow;
  Header header;
  std::vector<StepFindings> steps;
  std::vector<ClaimResult> claims;
  int status = 0;    // of its programs, as a shell has it
  std::string gaps;  // what the trace lacks; "" when it is complete
  bool good() const;
};

inline constexpr const char* check_format = "shmpath.check/1";  // the JSON that `check` writes

// The documents make the claims C01 to this one; the numbers are permanent.
inline constexpr unsigned last_claim = 59;

std::string steps_text(const LabReport& report, bool chinese);
std::string claims_text(const LabReport& report, bool chinese);
std::string faults_text(const LabReport& report);  // that it failed, or that its trace has gaps

// Every claim in order of its number, with the lab that checked it, and how many came out how.
std::string ledger_text(const std::vector<LabReport>& reports, bool chinese);

// One line: docs/trace-format.md describes it.
std::string report_json(const std::vector<LabReport>& reports);

}  // namespace shmpath
