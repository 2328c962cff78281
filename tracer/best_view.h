// SPDX-License-Identifier: BSD-2-Clause
//
// The one decision where and how a lab is best observed (DESIGN section 5): `run`, `check`, `list`
// and `doctor` all ask here. Pure: what the machine can do is asked through functions.
#pragma once

#include <functional>
#include <string>

#include "tracer/kernels.h"

namespace shmpath {

// Each is asked when it is needed, for asking takes time.
struct MachineAnswers {
  // "" when that works on the host, else why not
  std::function<std::string()> tracepoints_refused, functions_refused;
  std::function<VmReady()> vm_ready;
};

struct BestView {
  std::string place, view;          // "host" or "vm"; "functions", "tracepoints" or "syscalls"
  std::string functions_refused;    // on the host; "" where that is the best
  std::string no_vm;                // "" unless the choice fell behind the VM
  std::string tracepoints_refused;  // "" unless it fell to system calls
  std::string why() const;          // why not a better one; "" where there is none
};

// For a `why`: that BPF is refused, for this reason.
std::string no_kernel_views(const std::string& refused);

// The first that works of functions on the host, functions in the VM, tracepoints on the host,
// system calls on the host.
BestView best_view(const MachineAnswers& machine);

}  // namespace shmpath
