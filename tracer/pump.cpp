// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/pump.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace shmpath {
namespace {

constexpr std::size_t most_read = 1 << 16;

bool try_again() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

Pump::Pump(int from, int to, std::size_t most_written)
    : from_(from), to_(to), most_written_(most_written), source_ended_(false) {}

pollfd Pump::wanted() const {
  if (done()) return {-1, 0, 0};
  return piece_.empty() ? pollfd{from_, POLLIN, 0} : pollfd{to_, POLLOUT, 0};
}

void Pump::step() {
  if (done()) return;
  piece_.empty() ? read_piece() : write_piece();
}

void Pump::read_piece() {
  piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most_read, total_ - taken_)));
  const ssize_t got = read(from_, piece_.data(), piece_.size());
  piece_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  taken_ += piece_.size();
  if (got == 0 || (got < 0 && !try_again())) source_ended_ = true;
}

void Pump::write_piece() {
  const std::size_t size = std::min(most_written_, piece_.size() - written_);
  const ssize_t put = write(to_, piece_.data() + written_, size);
  if (put < 0 && !try_again()) broken_ = true;
  if (put > 0) written_ += static_cast<std::size_t>(put);
  if (written_ < piece_.size()) return;
  piece_.clear();
  written_ = 0;
}

}  // namespace shmpath
