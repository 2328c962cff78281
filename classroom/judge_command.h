// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace shmpath {

// `shmpath judge`: takes jobs from standard input and writes a report on each to standard output
// (judge_wire.h), until the former ends. `confined`: in the VM, as root; see confine.h.
int run_judge(bool confined);

}  // namespace shmpath
