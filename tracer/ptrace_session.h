// SPDX-License-Identifier: BSD-2-Clause
//
// The syscalls view: one trace from beginning to end by ptrace(2), which needs no root and no BPF.
#pragma once

#include "tracer/session.h"

namespace shmpath {

// As run_session() in session.h.
SessionResult run_ptrace_session(const SessionPlan& plan, Renderer& renderer);

}  // namespace shmpath
