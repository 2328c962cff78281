// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace shmpath {

// Moves bytes from one descriptor to another, on both sides of a VM's ports. It reads only when
// the last piece was written, so a slow reader holds up the writer and nothing piles up.
// The descriptors are not its own. Wait for what wanted() says, then call step(), which reads or
// writes once.
class Pump {
 public:
  // A pump without a source has ended. `most_written` bounds one write: PIPE_BUF never blocks on a
  // pipe that is ready for writing, also one that is not ours to make non-blocking.
  Pump() = default;
  Pump(int from, int to, std::size_t most_written = 1 << 16);

  pollfd wanted() const;  // fd -1 when there is nothing to wait for
  void step();
  // The source ends with its byte number `total`, where it does not end earlier.
  void end_after(std::uint64_t total) { total_ = total; }

  bool source_ended() const { return source_ended_ || taken_ >= total_; }
  bool broken() const { return broken_; }  // the reader has gone: the rest is dropped
  bool done() const { return broken_ || (source_ended() && piece_.empty()); }
  bool cut_short() const {  // the source ended earlier than it was said to
    return !broken_ && source_ended_ && total_ != UINT64_MAX && taken_ < total_;
  }
  std::uint64_t taken() const { return taken_; }

 private:
  void read_piece();
  void write_piece();

  int from_ = -1, to_ = -1;
  std::size_t most_written_ = 0;
  std::string piece_;
  std::size_t written_ = 0;  // of the piece
  std::uint64_t taken_ = 0, total_ = UINT64_MAX;
  bool source_ended_ = true, broken_ = false;
};

}  // namespace shmpath
