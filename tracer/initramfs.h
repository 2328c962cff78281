// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/fd.h"
#include "tracer/guest_request.h"
#include "tracer/qemu.h"

namespace shmpath {

// The VM's first files in memory, as a file that has no name: vm/init, busybox, the boot modules
// and the request. Throws Failure when one of them cannot be read.
Fd make_initramfs(const BootPlan& plan, const GuestRequest& request);

}  // namespace shmpath
