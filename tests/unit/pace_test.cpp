// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/pace.h"

#include "tests/catch.h"

using namespace shmpath;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t ring_bytes = 1 << 20;
constexpr Pace::Clock::time_point start{};

}  // namespace

TEST_CASE("with several processors all is taken at once") {
  Pace pace(ring_bytes, false);
  CHECK(pace.due(100, 0, start) == Pace::batch_bytes);
  CHECK(pace.due(100, 100, start) == 0);
}

TEST_CASE("with one processor the reader rests for many times as long as it read") {
  Pace pace(ring_bytes, true);
  auto now = start + milliseconds(100);
  std::size_t piece = pace.due(1000, 0, now);
  CHECK(piece > 0);
  CHECK(piece < Pace::batch_bytes);
  pace.took(now, now + milliseconds(1));
  CHECK(pace.due(2000, 1000, now + milliseconds(5)) == 0);
  CHECK(pace.due(3000, 1000, now + milliseconds(100)) == piece);
}

TEST_CASE("with one processor a program that is quiet for some time is read without rest") {
  Pace pace(ring_bytes, true);
  auto now = start + milliseconds(100);
  pace.due(1000, 0, now);
  pace.took(now, now + milliseconds(10));
  CHECK(pace.due(2000, 1000, now) == 0);
  for (int looks = 0; looks < 3; looks++) CHECK(pace.due(2000, 1000, now) == 0);
  CHECK(pace.due(2000, 1000, now) > 0);
  CHECK(pace.due(2001, 1000, now) == 0);  // busy again
}

TEST_CASE("a ring that may overflow is urgent") {
  Pace pace(ring_bytes, true);
  auto now = start + milliseconds(100);
  pace.due(1000, 0, now);
  pace.took(now, now + milliseconds(10));
  CHECK(pace.due(ring_bytes / 4 * 3 - 1, 0, now) == 0);
  CHECK_FALSE(pace.urgent());
  CHECK(pace.due(ring_bytes / 4 * 3, 0, now) == Pace::batch_bytes);
  CHECK(pace.urgent());
  pace.due(ring_bytes, ring_bytes, now);
  CHECK_FALSE(pace.urgent());
}
