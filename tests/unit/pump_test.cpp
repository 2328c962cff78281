// SPDX-License-Identifier: BSD-2-Clause
//
// Bytes carried from one pipe to another.
#include "tracer/pump.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "tests/catch.h"
#include "tracer/fd.h"

using namespace shmpath;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
  Fd out, in;
};

void put(const Pipe& pipe, const std::string& text) {
  REQUIRE(write(pipe.in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string take(const Pipe& pipe) {
  char bytes[4096];
  const ssize_t got = read(pipe.out.get(), bytes, sizeof(bytes));
  return {bytes, static_cast<std::size_t>(got > 0 ? got : 0)};
}

void step(Pump& pump, int times) {
  for (int i = 0; i < times; i++) pump.step();
}

}  // namespace

TEST_CASE("A pump reads only when the last piece was written") {
  Pipe source, sink;
  Pump pump(source.out.get(), sink.in.get(), 2);
  put(source, "abc");
  CHECK(pump.wanted().fd == source.out.get());
  pump.step();
  CHECK(pump.wanted().fd == sink.in.get());
  CHECK(pump.wanted().events == POLLOUT);
  pump.step();
  CHECK(take(sink) == "ab");
  CHECK(pump.wanted().fd == sink.in.get());
  pump.step();
  CHECK(take(sink) == "c");
  CHECK(pump.wanted().fd == source.out.get());
  CHECK(pump.taken() == 3);
  CHECK_FALSE(pump.done());
}

TEST_CASE("A pump is done when its source has ended and all is written") {
  Pipe source, sink;
  Pump pump(source.out.get(), sink.in.get());
  put(source, "abc");
  source.in.reset();
  pump.step();
  CHECK_FALSE(pump.done());
  step(pump, 2);
  CHECK(pump.done());
  CHECK(pump.wanted().fd == -1);
  CHECK(take(sink) == "abc");
  CHECK_FALSE(pump.broken());
}

TEST_CASE("A pump takes no more than it was told there is") {
  Pipe source, sink;
  Pump pump(source.out.get(), sink.in.get());
  put(source, "abcdef");
  pump.end_after(4);
  step(pump, 3);
  CHECK(pump.done());
  CHECK_FALSE(pump.cut_short());
  CHECK(take(sink) == "abcd");
}

TEST_CASE("A source that ends before it should is told from one that is whole") {
  Pipe source, sink;
  Pump pump(source.out.get(), sink.in.get());
  put(source, "abc");
  source.in.reset();
  pump.end_after(4);
  step(pump, 3);
  CHECK(pump.done());
  CHECK(pump.cut_short());
}

TEST_CASE("A pump whose reader has gone is broken, and done") {
  auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe source, sink;
  Pump pump(source.out.get(), sink.in.get());
  put(source, "abc");
  sink.out.reset();
  step(pump, 2);
  CHECK(pump.broken());
  CHECK(pump.done());
  std::signal(SIGPIPE, before);
}

TEST_CASE("A pump without a source has ended") { CHECK(Pump().done()); }
