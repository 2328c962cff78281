// SPDX-License-Identifier: BSD-2-Clause
//
// What /proc says of a process. Nothing where it has gone, or does not let us look.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

// A number in /proc/PID/status, such as "Tgid"; "SigPnd" is in base 16.
std::optional<std::uint64_t> status_number(pid_t pid, std::string_view field, int base = 10);

// Page faults of all its threads, those that have ended included, since it was made.
struct FaultCounts {
  std::uint64_t minor_faults = 0, major_faults = 0;
};
std::optional<FaultCounts> fault_counts(pid_t pid);
// The same from the text of /proc/PID/stat.
std::optional<FaultCounts> parse_fault_counts(std::string_view stat);

// A value that the kernel handed to the program when it began (AT_* in getauxval(3)).
std::optional<std::uint64_t> auxiliary_value(pid_t pid, std::uint64_t type);

std::vector<pid_t> threads_of(pid_t pid);

}  // namespace shmpath
