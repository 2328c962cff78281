// SPDX-License-Identifier: BSD-2-Clause
//
// What a user who is not root may do by the capabilities of the program file (docs/privileges.md).
#pragma once

#include <sys/types.h>

#include <string>

namespace shmpath {

// "" when this process may load programs that trace, else the capabilities that it lacks.
std::string lacks_for_bpf();

// Gives up every capability, for good, and is an ordinary process of the user's again, whose
// children he may trace by ptrace. Nothing for root.
void drop_capabilities();

// Throws Failure unless this user may look into that process: with capabilities too, into no other
// than by ptrace. The kernel decides. Nothing is refused to root.
void require_own_process(pid_t pid);

}  // namespace shmpath
