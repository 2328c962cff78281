// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

struct WindowSize {
  unsigned rows = 0, columns = 0;
};

// What the VM's agent is to run. It travels as a file of the initramfs, never through a shell.
struct GuestRequest {
  std::vector<std::string> command, environment;  // each of the latter is NAME=VALUE
  std::string folder;                             // where to run it
  std::optional<WindowSize> window;               // on a terminal of that size; else on three pipes
  bool grading = false;                           // in the grading profile
};

// Where a command in the VM writes its trace: a fifo that the agent empties into a port.
inline constexpr const char* guest_trace_file = "/run/shmpath-trace";
// The same for --record. By the other name, which leads there too, it is written packed.
inline constexpr const char* guest_record_file = "/run/shmpath-record";
inline constexpr const char* guest_packed_record_file = "/run/shmpath-record.zst";

std::string encode_request(const GuestRequest& request);
// Nothing when the bytes are no request, or have no command.
std::optional<GuestRequest> decode_request(std::string_view bytes);

}  // namespace shmpath
