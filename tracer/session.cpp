// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/session.h"

#include "tracer/bpf_session.h"
#include "tracer/ptrace_session.h"

namespace shmpath {

SessionResult run_session(const SessionPlan& plan, Renderer& renderer) {
  return plan.by_ptrace ? run_ptrace_session(plan, renderer) : BpfSession(plan, renderer).run();
}

}  // namespace shmpath
