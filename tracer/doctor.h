// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath doctor: what this machine can show, what is missing, what the lack costs, and what mends
// it. Judging is pure: Facts in, Diagnosis out.
#pragma once

#include <string>
#include <vector>

#include "tracer/best_view.h"
#include "tracer/doctor_facts.h"

namespace shmpath {

inline constexpr const char* doctor_format = "shmpath.doctor/1";

enum class State { ok, limited, missing, unknown };
std::string_view state_name(State state);

struct Check {
  std::string group, name;
  State state = State::ok;
  std::string found{};
  // What the lack costs, and the command that mends it; "" where nothing is to be said.
  std::string cost{}, remedy{};
};

// What works here, from the most to the least. It is the exit status, too.
enum class Works { host = 0, vm = 1, syscalls = 2, replay = 3, nothing = 4 };

struct Conclusion {
  Works works = Works::nothing;
  BestView best;          // what `auto` takes
  std::string host_view;  // the best on the host: functions, tracepoints, syscalls or ""
  bool vm = false, replay = false;
  std::string no_vm;  // why not
};

struct Diagnosis {
  std::string release, machine;
  std::vector<Check> checks;  // by group
  Conclusion verdict;
};

Diagnosis judge(const Facts& facts);
Conclusion judge_all(const Facts& facts);

// The groups, each appended to.
using Checks = std::vector<Check>;
void judge_privilege(const Facts& facts, Checks& checks);
void judge_kernel(const Facts& facts, Checks& checks);
void judge_tracing(const Facts& facts, Checks& checks);
void judge_vm(const Facts& facts, Checks& checks);
void judge_labs(const Facts& facts, Checks& checks);

// For people; for programs, one object on a line.
std::string doctor_text(const Diagnosis& diagnosis, bool colour);
std::string doctor_json(const Diagnosis& diagnosis);

}  // namespace shmpath
