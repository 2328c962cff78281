// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/best_view.h"

#include <fmt/format.h>

namespace shmpath {

std::string no_kernel_views(const std::string& refused) {
  return fmt::format("no functions or tracepoints: {}; shmpath doctor says what is missing",
                     refused);
}

std::string BestView::why() const {
  if (functions_refused.empty()) return "";
  if (place == "vm") return fmt::format("no functions on the host ({})", functions_refused);
  if (tracepoints_refused.empty()) return "no VM: " + no_vm;  // the session says why no functions
  return fmt::format("no VM: {}; {}", no_vm, no_kernel_views(tracepoints_refused));
}

BestView best_view(const MachineAnswers& machine) {
  BestView best{"host", "functions", "", "", ""};
  // the functions view has the tracepoints too
  const std::string no_tracepoints = machine.tracepoints_refused();
  best.functions_refused = no_tracepoints.empty() ? machine.functions_refused() : no_tracepoints;
  if (best.functions_refused.empty()) return best;
  const VmReady vm = machine.vm_ready();
  if (vm.ready) {
    best.place = "vm";
    return best;
  }
  best.no_vm = vm.why_not;
  best.tracepoints_refused = no_tracepoints;
  best.view = no_tracepoints.empty() ? "tracepoints" : "syscalls";
  return best;
}

}  // namespace shmpath
