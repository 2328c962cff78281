// SPDX-License-Identifier: BSD-2-Clause
//
// Strings that are readable only when their call returns: events wait for them, in order.
#include "tests/catch.h"
#include "tests/unit/calls_text.h"
#include "tests/unit/events.h"
#include "tracer/path.h"

using namespace shmpath;

namespace {

struct Fixture {
  std::vector<Event> out;
  Path path{[this](const Event& event) { out.push_back(event); }};
  void add(const std::vector<Event>& events) {
    for (const Event& event : events) path.add(event);
  }
  std::vector<std::uint64_t> times() const {
    std::vector<std::uint64_t> all;
    for (const Event& event : out) all.push_back(event.t);
    return all;
  }
  const PathCounts& counts() const { return path.counts(); }
};

using Times = std::vector<std::uint64_t>;

Event unread_enter(std::uint64_t t, std::uint32_t tid = first_tid, Layer layer = Layer::syscall) {
  Event event = event_of(EventType::enter, t, layer, "openat",
                         {{"dirfd", std::int64_t{3}}, {"pathname", {}}});
  event.unread = {"pathname"};
  return of_thread(event, 7, tid);
}

Event late_exit(std::uint64_t t, const std::string& path, std::uint32_t tid = first_tid,
                Layer layer = Layer::syscall) {
  Event event = exit_event(t, layer, "openat", 3);
  event.args = {{"pathname", path}, {"st_size", std::int64_t{0}}};
  return of_thread(event, 7, tid);
}

Event other(std::uint64_t t) { return of_thread(fault_event(t, "0x1000"), 7, 30); }

}  // namespace

TEST_CASE("A string read at the return is put back into its entry") {
  Fixture f;
  f.add({unread_enter(1), late_exit(2, "/late")});
  REQUIRE(f.out.size() == 2);
  CHECK(text_of(f.out[0].args) == "dirfd=3, pathname=/late");
  CHECK(f.out[0].unread.empty());
  CHECK(text_of(f.out[1].args) == "st_size=0");
  CHECK(f.counts().unread == 0);
}

TEST_CASE("What follows waits, and comes out in the order it came in") {
  Fixture f;
  f.add({other(1), unread_enter(2), other(3), lost_event(4, 1)});
  CHECK(f.times() == Times{1});
  f.add({late_exit(5, "/late"), other(6)});
  CHECK(f.times() == Times{1, 2, 3, 4, 5, 6});
  CHECK(text_of(f.out[1].args) == "dirfd=3, pathname=/late");
}

TEST_CASE("Two threads' strings are each put back into their own entry") {
  Fixture f;
  f.add({unread_enter(1, 7), unread_enter(2, 8), late_exit(3, "/of/8", 8)});
  CHECK(f.out.empty());
  f.add({late_exit(4, "/of/7", 7)});
  CHECK(f.times() == Times{1, 2, 3, 4});
  CHECK(text_of(f.out[0].args) == "dirfd=3, pathname=/of/7");
  CHECK(text_of(f.out[1].args) == "dirfd=3, pathname=/of/8");
}

TEST_CASE("A libc call and the system call in it may both wait") {
  Fixture f;
  f.add({unread_enter(1, 7, Layer::user), unread_enter(2, 7), late_exit(3, "/inner", 7)});
  CHECK(f.out.empty());
  f.add({late_exit(4, "/outer", 7, Layer::user)});
  CHECK(text_of(f.out.at(0).args) == "dirfd=3, pathname=/outer");
  CHECK(text_of(f.out.at(1).args) == "dirfd=3, pathname=/inner");
}

TEST_CASE("A string that is still unread at the return is counted") {
  Fixture f;
  f.add({unread_enter(1), syscall_exit(2, "openat", -14)});
  CHECK(f.times() == Times{1, 2});
  CHECK(f.out[0].unread == std::vector<std::string>{"pathname"});
  CHECK(f.counts().unread == 1);
  f.add({unread_enter(3), late_exit(4, "/late")});
  CHECK(f.counts().unread == 1);
}

TEST_CASE("A string at a bad address was never there: it is marked, and no loss") {
  Fixture f;
  Event failed = syscall_exit(2, "openat", -14);
  failed.error = "EFAULT";
  f.add({unread_enter(1), failed});
  CHECK(f.out[0].unread == std::vector<std::string>{"pathname"});
  CHECK(f.counts().unread == 0);
}

TEST_CASE("Positions stay right after events that did not wait or were dropped") {
  Fixture f;
  f.add({other(1), syscall_exit(2, "read"), other(3), unread_enter(4),
         of_thread(syscall_exit(5, "x"), 7, 31), other(6), unread_enter(7, 8),
         late_exit(8, "/b", 8), late_exit(9, "/a")});
  CHECK(f.times() == Times{1, 3, 4, 6, 7, 8, 9});
  CHECK(text_of(f.out[2].args) == "dirfd=3, pathname=/a");
  CHECK(text_of(f.out[4].args) == "dirfd=3, pathname=/b");
}

TEST_CASE("A pause lets go of what waits, as it is") {
  Fixture f;
  f.add({unread_enter(1), other(2)});
  f.path.flush();
  CHECK(f.times() == Times{1, 2});
  CHECK(f.counts().unread == 1);
  f.add({other(3)});
  CHECK(f.times() == Times{1, 2, 3});
  f.add({late_exit(4, "/too/late")});
  CHECK(f.times() == Times{1, 2, 3, 4});
  CHECK(text_of(f.out[3].args) == "pathname=/too/late, st_size=0");
}

TEST_CASE("Only so much waits") {
  Fixture f;
  f.add({unread_enter(1)});
  std::uint64_t t = 2;
  while (f.out.empty() && t < 10000) f.add({other(t++)});
  CHECK(f.out.size() == 4097);
  CHECK(f.counts().unread == 1);
  f.add({unread_enter(t, 8), late_exit(t + 1, "/late", 8)});
  CHECK(text_of(f.out.at(4097).args) == "dirfd=3, pathname=/late");
}

TEST_CASE("The end of the trace lets go of what waits") {
  Fixture f;
  f.add({unread_enter(1), other(2)});
  f.path.finish();
  CHECK(f.times() == Times{1, 2});
  CHECK(f.counts().unread == 1);
  CHECK(f.counts().unfinished == 1);
}

TEST_CASE("Nothing waits for a thread that has ended") {
  Fixture f;
  f.add({unread_enter(1), point_event(2, "sched_process_exit")});
  CHECK(f.times() == Times{1, 2});
}

TEST_CASE("The end of a thread that waits no more does not end another's waiting") {
  Fixture f;
  f.add({unread_enter(1, 7)});
  f.path.flush();
  f.add({unread_enter(2, 8), point_event(3, "sched_process_exit"), late_exit(4, "/late", 8)});
  CHECK(text_of(f.out.at(1).args) == "dirfd=3, pathname=/late");
  CHECK(f.counts().unread == 1);
}

TEST_CASE("Nothing waits for a return that was missed") {
  Fixture f;
  f.add({unread_enter(1), syscall_enter(2, "close"), syscall_exit(3, "close"), other(4)});
  CHECK(f.times() == Times{1, 2, 3, 4});
  CHECK(f.counts().unmatched == 1);
  CHECK(f.counts().unread == 1);
}

TEST_CASE("Nothing waits for a call inside one that has returned") {
  Fixture f;
  f.add({user_enter(1, "shm_open"), unread_enter(2), user_exit(3, "shm_open"), other(4)});
  CHECK(f.times() == Times{1, 2, 3, 4});
  CHECK(f.counts().unmatched == 1);
}

TEST_CASE("Nothing waits for a libc call of a program that was replaced") {
  Fixture f;
  f.add({unread_enter(1, 7, Layer::user), syscall_enter(2, "execve"),
         point_event(3, "sched_process_exec", {{"old_tid", std::uint64_t{7}}}),
         syscall_exit(4, "execve"), other(5)});
  CHECK(f.times() == Times{1, 2, 3, 4, 5});
}
