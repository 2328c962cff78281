// SPDX-License-Identifier: BSD-2-Clause
//
// One trace from beginning to end: hold the target, attach, release it, poll,
// drain, finish.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tracer/attach.h"
#include "tracer/render.h"
#include "tracer/step_gate.h"
#include "tracer/target.h"

namespace shmpath {

struct SessionPlan {
  // Run one after the other under the same probes; or, with `attach_to`, none.
  std::vector<std::vector<std::string>> commands;
  std::vector<std::string> started;  // programs that the commands start, for their step markers
  std::optional<pid_t> attach_to;
  ProbeOptions probes;
  std::vector<WantedFunction> functions;  // for the functions view
  TargetStreams streams;
  StepGate* steps = nullptr;  // with it, a program is stopped at each of its steps
  std::string lab;            // "01-posix-shm", or "" when it is no lab
  std::string why;            // why this view and place, for the first line
  bool by_ptrace = false;     // the syscalls view: no probes
};

struct SessionResult {
  ExitStatus status;  // of the last command; code 0 when attached
  Summary summary;
  std::vector<pid_t> pids;  // of the commands, in their order
};

// Throws Failure. The renderer is fed as the trace goes.
SessionResult run_session(const SessionPlan& plan, Renderer& renderer);

}  // namespace shmpath
