// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace shmpath {

// For a process that has CAP_SYS_ADMIN to read frame numbers: from now on the calls fail with EPERM
// by which that capability takes over a machine (mounts, namespaces, BPF, and so on). Needs
// no_new_privs. Throws std::system_error.
void refuse_powerful_calls();

}  // namespace shmpath
