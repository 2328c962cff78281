// SPDX-License-Identifier: BSD-2-Clause
//
// When the reader takes records out of the ring, and how many.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shmpath {

// On a machine with one processor, reading takes the time of the program that is traced, and costs
// more of it than the probes do. There the ring is let fill while the program is busy: the reader
// takes small pieces, and rests after each for many times as long as it took. When nothing new
// comes, or the ring is three quarters full, it takes all it can. Pure: it is told the time.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t batch_bytes = 1 << 20;  // taken before its room is given back

  Pace(std::size_t ring_bytes, bool one_processor)
      : most_waiting_(ring_bytes / 4 * 3), one_processor_(one_processor) {}

  // How many bytes to take now; 0: none yet. `produced` and `consumed` only grow.
  std::size_t due(std::uint64_t produced, std::uint64_t consumed, Clock::time_point now);
  // What was due has been taken and shown.
  void took(Clock::time_point began, Clock::time_point ended);
  // The ring may overflow unless the reader goes before the program.
  bool urgent() const { return urgent_; }

 private:
  std::uint64_t most_waiting_;
  bool one_processor_;
  std::uint64_t seen_ = 0;  // produced, when it was last looked at
  int quiet_ = 0;           // times it was looked at since something new came
  bool urgent_ = false;
  Clock::time_point rest_until_{};
};

// While it is urgent, this thread goes before others, where it is allowed to.
class Precedence {
 public:
  Precedence() = default;
  ~Precedence() { set(false); }
  Precedence(const Precedence&) = delete;
  Precedence& operator=(const Precedence&) = delete;
  void set(bool urgent);

 private:
  bool urgent_ = false;
  int usual_ = 0;
};

}  // namespace shmpath
