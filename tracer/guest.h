// SPDX-License-Identifier: BSD-2-Clause
//
// A command run in a VM as if it were local.
#pragma once

#include <chrono>

#include "tracer/guest_request.h"
#include "tracer/guest_session.h"
#include "tracer/qemu.h"

namespace shmpath {

// Descriptors that the command's trace and recording go to on the host; -1: there is none.
struct GuestFiles {
  int trace = -1, record = -1;
};

// Boots the VM, runs the command with our standard streams, and returns its exit status as a shell
// has it. Under KVM where that works, else under TCG. Throws Failure when there is no VM to be
// had, it ends early or `at_most` (0: no limit) is over. Whatever happens, no VM is left.
int run_guest(const BootPlan& plan, const GuestRequest& request, const GuestFiles& files,
              std::chrono::seconds at_most);

}  // namespace shmpath
