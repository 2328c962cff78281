// SPDX-License-Identifier: BSD-2-Clause
//
// The checks that a line of a rubric may name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tracer/rubric.h"

namespace shmpath {

// What all checks of one trace ask.
struct CheckedTrace {
  const std::vector<Seen>& seen;
  const RunFacts& facts;
  const std::map<pid_t, std::string>& processes;  // of the runs
  const std::map<std::string, KernelFunction>& functions;
};

struct CheckResult {
  bool met = false;
  std::string expected, seen;
  const Event* at = nullptr;  // where in the trace one should look
};

CheckResult check_line(const RubricLine& line, const CheckedTrace& trace);

// In rubric_left.cpp: files, segments and processes that the runs made and nobody removed.
CheckResult check_nothing_left(const RubricLine& line, const CheckedTrace& trace);

// In rubric_memory.cpp: page faults in a mapping, and bytes that system calls have copied.
CheckResult check_faults(const RubricLine& line, const CheckedTrace& trace);
CheckResult check_no_copy(const RubricLine& line, const CheckedTrace& trace);

// In rubric_tally.cpp: what a run has counted, against the trace.
CheckResult check_tally(const RubricLine& line, const CheckedTrace& trace);

// What the runs did of what the rule describes, and whether that is as often as it asks.
std::vector<const Seen*> all_that_match(const Rule& rule, const CheckedTrace& trace);
CheckResult check_rule_here(const Rule& rule, const CheckedTrace& trace);

// The result of a call as a number, where it is one.
std::optional<std::int64_t> number_of(const Value* value);

// "read(3, 0x7f31, 832) = 832"
std::string seen_call_text(const Seen& call);

}  // namespace shmpath
