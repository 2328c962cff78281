// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "classroom/judge.h"
#include "classroom/workshop.h"

namespace shmpath {

// Throws this when nobody waits for the report any more.
struct NobodyWaits {};
// That is so when standard input, where the jobs come from, has ended, or a signal asks us to stop.
void require_somebody_waits();

// Runs make, within limits, and sees to it that the programs are there. True: they are. Else
// `report` says why not. What the compiler said is in it in any case.
bool make_submission(const JudgeJob& job, const Workshop& workshop, JudgeReport& report);

}  // namespace shmpath
