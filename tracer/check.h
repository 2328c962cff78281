// SPDX-License-Identifier: BSD-2-Clause
//
// Documented against observed: what became of each documented call, and the
// verdict on each claim. Pure: it is given the events and, where there is one, the symbol table.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tracer/flow.h"
#include "tracer/observe.h"
#include "tracer/render.h"
#include "tracer/symbols.h"

namespace shmpath {

// What became of one documented call.
struct Finding {
  std::string name, kind;  // kind: "user", "syscall", "kernel"
  std::string status;  // observed, inlined into X, renamed to Y, not probeable (why), not on this
                       // kernel, not reached
  std::string source;  // file in the kernel tree
  const Seen* first = nullptr;  // what shows it, in its step if possible
  std::size_t count = 0;        // how many of the step show it
};

struct StepFindings {
  const FlowStep* step;
  std::vector<Finding> findings;
};

enum class Verdict { holds, differs, not_checked };

struct ClaimResult {
  const Claim* claim;
  Verdict verdict;
  std::string said;      // what was measured
  bool missing = false;  // the lab was to give a verdict and did not
  bool as_expected() const {
    return !missing && (verdict == Verdict::not_checked || claim->expect == Expect::depends ||
                        (verdict == Verdict::holds) == (claim->expect == Expect::holds));
  }
};

struct CheckInput {
  const Flow& flow;
  const std::map<std::string, KernelFunction>& functions;
  const std::vector<Seen>& seen;
  const Symbols* symbols;  // of the kernel; nullptr: nothing but the trace is known (a recording)
  const Header& header;
  const Summary& summary;
  std::optional<std::string> printed;  // standard output of the lab's programs, where it is known
};

std::vector<StepFindings> compare_steps(const CheckInput& input);
std::vector<ClaimResult> judge_claims(const CheckInput& input);

std::string verdict_text(Verdict verdict);

}  // namespace shmpath
