// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/pace.h"

#include <sys/resource.h>

namespace shmpath {
namespace {

constexpr std::size_t piece_bytes = 1 << 12;  // while the program is busy: some fifty records
constexpr std::size_t quiet_bytes = 1 << 16;  // while it is not: soon it may be again
constexpr int quiet_looks = 4;                // a machine that is itself a guest may stand still
constexpr int rest_times = 63;                // the reader takes 1/64 of the time then
constexpr int first = -20;                    // the highest priority: sched(7)

}  // namespace

std::size_t Pace::due(std::uint64_t produced, std::uint64_t consumed, Clock::time_point now) {
  quiet_ = produced == seen_ ? quiet_ + 1 : 0;
  seen_ = produced;
  urgent_ = produced - consumed >= most_waiting_;
  if (produced == consumed) return 0;
  if (urgent_ || !one_processor_) return batch_bytes;
  if (quiet_ >= quiet_looks) return quiet_bytes;
  return now < rest_until_ ? 0 : piece_bytes;
}

void Pace::took(Clock::time_point began, Clock::time_point ended) {
  rest_until_ = ended + rest_times * (ended - began);
}

void Precedence::set(bool urgent) {
  if (urgent == urgent_) return;
  urgent_ = urgent;
  if (urgent) usual_ = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, 0, urgent ? first : usual_);  // 0: this thread
}

}  // namespace shmpath
