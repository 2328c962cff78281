// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace shmpath {

// What shmpath is inside the VM: its first process after vm/init. Reads a request from standard
// input, runs its command, carries bytes between it and the host, and powers the machine off.
// Throws Failure when it is not inside the VM.
int run_guest_agent();

// The names of the VM's ports.
inline constexpr const char* port_names[] = {"input", "output", "error",
                                             "trace", "record", "control"};
enum GuestPort {
  port_input,
  port_output,
  port_error,
  port_trace,
  port_record,
  port_control,
  port_count
};

}  // namespace shmpath
