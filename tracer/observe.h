// SPDX-License-Identifier: BSD-2-Clause
//
// A finished trace as something to ask questions of: which calls were made,
// inside which, in which step, and whether a rule is met.
#pragma once

#include <sys/types.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tracer/event.h"
#include "tracer/flow.h"

namespace shmpath {

// A call or a point, with what surrounds it.
struct Seen {
  const Event* event;               // the entry, or the point
  const Event* ret = nullptr;       // the return, if it came
  std::vector<std::string> inside;  // names of the calls that are open around it, outermost first
  std::string program;
  unsigned step = 0;  // 0: before the first step marker
};

// All that was seen. `programs` gives the program of each first process; other children belong to
// their parent's, until they execute one of `started`, which has steps of its own. The events must
// outlive it.
std::vector<Seen> observe(const std::vector<Event>& events,
                          const std::map<pid_t, std::string>& programs,
                          const std::vector<std::string>& started = {});

// The name of the file that an execve is to execute, without its folders.
std::string file_name_of(const Event& execve);

// Is this one of those that the rule describes? `functions` as below.
bool matches(const Rule& rule, const Seen& seen,
             const std::map<std::string, KernelFunction>& functions);

// The argument of the entry or, where that has none of this name, of the return; "ret" is the
// result. Nullptr if there is none.
const Value* find_value(const Seen& seen, const std::string& name);

// "openat inside shm_open in step 1, pathname /dev/shm/*"; "at least 1", "none", "2 to 3"
std::string rule_text(const Rule& rule);
std::string due_text(const Rule& rule);

struct RuleResult {
  bool met;
  std::size_t count;
  std::string said;  // "1 openat inside shm_open, pathname /dev/shm/*"
};

// `functions` gives the other names under which a documented function may stand in a stack.
RuleResult check_rule(const Rule& rule, const std::vector<Seen>& seen,
                      const std::map<std::string, KernelFunction>& functions);

}  // namespace shmpath
