// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/fd.h"

namespace shmpath {

// Of a pipe. Both are closed on exec; throws std::system_error.
struct PipeEnds {
  PipeEnds();
  Fd read_end, write_end;
};

// Of a stream between us and a child: ours does not block. The same otherwise.
struct SocketEnds {
  SocketEnds();
  Fd ours, theirs;
};

}  // namespace shmpath
