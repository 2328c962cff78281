// SPDX-License-Identifier: BSD-2-Clause
//
// What /proc says of a process.
#include "tracer/proc.h"

#include <elf.h>
#include <unistd.h>

#include <sys/auxv.h>
#include <algorithm>

#include "tests/catch.h"

using namespace shmpath;

TEST_CASE("Page faults are found after a name that may hold anything") {
  const char* rest = " S 1 2 3 4 5 6 119 8 7 10 11";
  for (const char* name : {"12 (ls)", "12 (a b)", "12 (x) S 1 2 3 4 5 6 0 8 0 (y)", "12 ())"}) {
    const auto counts = parse_fault_counts(std::string(name) + rest);
    CAPTURE(name);
    REQUIRE(counts);
    CHECK(counts->minor_faults == 119);
    CHECK(counts->major_faults == 7);
  }
}

TEST_CASE("A text that is cut off gives no page faults") {
  for (const char* text :
       {"", "12", "12 (ls)", "12 (ls) S 1 2 3 4 5 6", "12 (ls) S 1 2 3 4 5 6 7"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_fault_counts(text));
  }
}

TEST_CASE("This process is found in /proc") {
  CHECK(status_number(getpid(), "Tgid") == static_cast<std::uint64_t>(getpid()));
  CHECK(status_number(getpid(), "Tgi") == std::nullopt);
  CHECK(auxiliary_value(getpid(), AT_ENTRY) == getauxval(AT_ENTRY));
  const auto tids = threads_of(getpid());
  CHECK(std::count(tids.begin(), tids.end(), getpid()) == 1);
  REQUIRE(fault_counts(getpid()));
  CHECK(fault_counts(getpid())->minor_faults > 0);
}

TEST_CASE("A process that is not there gives nothing") {
  CHECK(status_number(999999999, "Tgid") == std::nullopt);
  CHECK_FALSE(fault_counts(999999999));
  CHECK(threads_of(999999999).empty());
  CHECK_FALSE(auxiliary_value(999999999, AT_ENTRY));
}
