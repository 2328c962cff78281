// SPDX-License-Identifier: BSD-2-Clause
//
// Where a lab or program is observed: on this machine as it is, or in the VM.
#pragma once

#include <string>

#include "tracer/best_view.h"
#include "tracer/flow.h"
#include "tracer/options.h"

namespace shmpath {

// Whether this shmpath was started by the VM's agent.
bool in_guest();
// Whether root's rights, or capabilities, serve for what is asked: to observe this machine, or to
// have QEMU run as nobody.
bool needs_rights(const Options& options);

// Replaces place "auto" by "host" or "vm" and fills in `why` (DESIGN section 5): the first of
// functions on the host, functions in the VM, tracepoints on the host, system calls on the host. A
// program to be traced has effects of its own, so it stays on the host unless asked otherwise. View
// "auto" becomes "syscalls" where nothing better works; else the session chooses.
Options choose_place(Options options);

// What best_view asks, of this machine: functions by `attach` ("auto": any mechanism), and the VM
// with `kernel`. In the VM there is no other.
MachineAnswers this_machine(const std::string& attach, const std::string& kernel);

// One sentence on what this machine can show.
std::string machine_view(const BestView& best);

// In the VM, loads the lab's modules and opens its devices to the lab's user; on the host, nothing.
// Modules that the kernel does not have are left to the lab to name.
void prepare_devices(const Flow& flow);

}  // namespace shmpath
