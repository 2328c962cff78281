// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace shmpath {

// `shmpath judge`: takes jobs from standard input and writes a report on each to standard output
// (judge_wire.h), until the former ends. `confined`: in the VM, as root; see confine.h. `ahead`,
// only with it: more jobs of the same exercise will come, and each finds its tracer started.
int run_judge(bool confined, bool ahead);

}  // namespace shmpath
