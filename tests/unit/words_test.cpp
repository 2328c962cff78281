// SPDX-License-Identifier: BSD-2-Clause
//
// How calls, results and times are written for people.
#include "tracer/words.h"

#include "tests/catch.h"
#include "tests/unit/events.h"

using namespace shmpath;

TEST_CASE("A value is a number, text, or a question mark") {
  CHECK(value_text(std::int64_t{-3}) == "-3");
  CHECK(value_text(~std::uint64_t{0}) == "18446744073709551615");
  CHECK(value_text(std::string("O_RDWR|O_CREAT")) == "O_RDWR|O_CREAT");
  CHECK(value_text({}) == "?");
}

TEST_CASE("A call reads as its source does") {
  CHECK(call_text(syscall_enter(0, "getpid")) == "getpid()");
  Event event = syscall_enter(0, "openat",
                              {{"dirfd", std::string("AT_FDCWD")},
                               {"pathname", std::string("/dev/shm/x")},
                               {"flags", std::string("O_RDWR")}});
  CHECK(call_text(event) == "openat(AT_FDCWD, \"/dev/shm/x\", O_RDWR)");
  event.args[1].value = std::string("NULL");
  CHECK(call_text(event) == "openat(AT_FDCWD, NULL, O_RDWR)");
  event.args[1].value = std::string();
  CHECK(call_text(event) == "openat(AT_FDCWD, \"\", O_RDWR)");
  event.args[1].value = {};
  event.unread = {"pathname"};
  CHECK(call_text(event) == "openat(AT_FDCWD, <unread>, O_RDWR)");
}

TEST_CASE("A result is a value, an error, or what a buffer holds") {
  Event event = syscall_exit(0, "fstat", 0);
  CHECK(result_text(event) == "= 0");
  event.args = {{"st_size", std::int64_t{4096}}, {"st_ino", std::int64_t{7}}};
  CHECK(result_text(event) == "= 0 {st_size=4096, st_ino=7}");
  event = syscall_exit(0, "openat", -2);
  event.error = "ENOENT";
  CHECK(result_text(event) == "= -1 ENOENT");
  event.error.clear();
  event.ret = {};
  CHECK(result_text(event).empty());
}

TEST_CASE("A duration has the unit that suits it") {
  CHECK(duration_text(0) == "0 ns");
  CHECK(duration_text(999) == "999 ns");
  CHECK(duration_text(1000) == "1.0 us");
  CHECK(duration_text(12340) == "12.3 us");
  CHECK(duration_text(1'200'000) == "1.2 ms");
  CHECK(duration_text(3'400'000'000) == "3.40 s");
}

TEST_CASE("A duration never reads as a thousand of its unit") {
  CHECK(duration_text(999'999) == "1.0 ms");
  CHECK(duration_text(999'999'999) == "1.00 s");
}

TEST_CASE("A trace's gaps are named, each with its count, and only those there are") {
  CHECK(plural(0, "event") == "0 events");
  CHECK(plural(1, "event") == "1 event");
  Summary summary;
  CHECK(gaps_text(summary).empty());
  summary.counts.lost = 1;
  CHECK(gaps_text(summary) == "1 event lost");
  summary.counts.unmatched = 2;
  summary.counts.unread = 3;
  summary.counts.no_stack = 4;
  summary.missed = 5;
  summary.late_probes = 1;
  CHECK(gaps_text(summary) ==
        "1 event lost, 2 returns missed, 3 strings unread, 4 stacks missing, 5 probe hits missed, "
        "1 program begun before the probes on its C library");
  summary = {};
  summary.counts.cut = summary.counts.unfinished = 1;
  CHECK(gaps_text(summary).empty());
}

TEST_CASE("A point says what it has, by name") {
  CHECK(point_text(point_event(0, "mm_page_alloc",
                               {{"pfn", std::uint64_t{119}}, {"order", std::uint64_t{0}}})) ==
        "pfn 119, order 0");
  CHECK(point_text(point_event(0, "sched_process_exit")).empty());
}

TEST_CASE("An insertion says which folio, of what, and how long it waited for whom") {
  CHECK(point_text(point_event(0, "mm_lru_insertion")) == "a folio");
  Event event = point_event(0, "mm_lru_insertion",
                            {{"pfn", std::uint64_t{119}},
                             {"lru", std::string("inactive_anon")},
                             {"inode", std::uint64_t{1055}},
                             {"index", std::uint64_t{3}},
                             {"owner_pid", std::uint64_t{7}}});
  CHECK(point_text(event) == "pfn 119 to inactive_anon, page 3 of inode 1055");
  event.args.push_back({"queued_by", std::uint64_t{7}});
  event.args.push_back({"queued_ns", std::uint64_t{1500}});
  CHECK(point_text(event).ends_with("of inode 1055, queued 1.5 us ago by 7"));
  event.args.push_back({"queued_in_step", std::uint64_t{6}});
  event.args.push_back({"queued_for", std::string("0x7f31")});
  event.args.push_back({"drained_by", std::string("kworker/0:1")});
  CHECK(point_text(event).ends_with(
      "queued 1.5 us ago by 7 in step 6 for 0x7f31, drained by kworker/0:1"));
}
