// SPDX-License-Identifier: BSD-2-Clause
//
// The trace of a submission, read for its rubric. It comes from a judge that is not believed, so
// what it may take of our memory is bounded.
#pragma once

#include <string>
#include <vector>

#include "tracer/event.h"
#include "tracer/render.h"

namespace shmpath {

inline constexpr std::size_t most_trace_events = 1'000'000;
inline constexpr std::size_t most_unpacked_bytes = std::size_t{400} << 20;

struct SubmissionTrace {
  Header header;
  std::vector<Event> events;
  Summary summary;
  std::string unreadable;  // why it is not complete, where it cannot be read to its end
  bool too_long = false;
};

// Never throws for what the trace holds.
SubmissionTrace read_submission_trace(const std::string& packed);

}  // namespace shmpath
