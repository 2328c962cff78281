// SPDX-License-Identifier: BSD-2-Clause
//
// The verdict on a claim: what the lab printed, what the trace shows, or both.
#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tracer/check.h"

using namespace shmpath;

namespace {

struct Fixture {
  Flow flow;
  std::map<std::string, KernelFunction> functions;
  std::vector<Event> events = {syscall_enter(1, "openat"), syscall_exit(2, "openat")};
  Header header;
  Summary summary;
  std::string printed;

  Fixture() {
    Claim claim;
    claim.id = "C01";
    claim.program = false;
    flow.claims.push_back(claim);
  }
  Claim& claim() { return flow.claims[0]; }
  Rule& see(const std::string& call) {
    Rule rule;
    rule.call = {call};
    claim().see.push_back(rule);
    return claim().see.back();
  }
  ClaimResult judge() {
    const std::vector<Seen> seen = observe(events, {{7, "one"}});
    const Symbols symbols("");
    return judge_claims({flow, functions, seen, &symbols, header, summary, printed}).at(0);
  }
};

}  // namespace

TEST_CASE("A claim of the lab's own is as the lab printed it") {
  Fixture f;
  f.claim().program = true;
  f.printed = "step 1: create\nC01 holds: mode 0750 from 0777\nC02 differs: other\n";
  CHECK(f.judge().verdict == Verdict::holds);
  CHECK(f.judge().said == "mode 0750 from 0777");
  CHECK(f.judge().as_expected());
  f.printed = "C01 differs: mode 0777";
  CHECK(f.judge().verdict == Verdict::differs);
  CHECK_FALSE(f.judge().as_expected());
  f.claim().expect = Expect::differs;
  CHECK(f.judge().as_expected());
  f.printed = "C01 not checked here: no hugetlb\n";
  CHECK(f.judge().verdict == Verdict::not_checked);
  CHECK(f.judge().said == "no hugetlb");
  CHECK(f.judge().as_expected());
}

TEST_CASE("A claim on which the lab says nothing is not as expected") {
  Fixture f;
  f.claim().program = true;
  for (const char* printed :
       {"", "C02 holds: x\n", "C011 holds: x\n", "C01holds: x\n", "C01 holds\n", " C01 holds: x\n",
        "x C01 holds: x\n", "C01 is true: x\n"}) {
    f.printed = printed;
    CAPTURE(f.printed);
    CHECK(f.judge().verdict == Verdict::not_checked);
    CHECK(f.judge().missing);
    CHECK_FALSE(f.judge().as_expected());
  }
  f.see("openat");  // the trace alone does not make up for it
  CHECK_FALSE(f.judge().as_expected());
}

TEST_CASE("A claim that depends on the machine may hold or differ, but must be judged") {
  Fixture f;
  f.claim().program = true;
  f.claim().expect = Expect::depends;
  for (const char* printed :
       {"C01 holds: four\n", "C01 differs: five\n", "C01 not checked here: unknown\n"}) {
    f.printed = printed;
    CAPTURE(f.printed);
    CHECK(f.judge().as_expected());
  }
  f.printed = "";
  CHECK_FALSE(f.judge().as_expected());
}

TEST_CASE("A claim that is measured twice must hold both times") {
  Fixture f;
  f.claim().program = true;
  f.printed = "C01 holds: first\nC01 differs: second\n";
  CHECK(f.judge().verdict == Verdict::differs);
  f.printed = "C01 differs: first\nC01 holds: second\n";
  CHECK(f.judge().verdict == Verdict::differs);
  CHECK(f.judge().said == "first");
  f.printed = "C01 holds: first\nC01 not checked here: second\n";
  CHECK(f.judge().verdict == Verdict::not_checked);
}

TEST_CASE("What a lab prints cannot move the cursor") {
  Fixture f;
  f.claim().program = true;
  f.printed = "C01 holds: a\x1b[2Jb\n";
  CHECK(f.judge().said == "a\\x1b[2Jb");
}

TEST_CASE("A claim of the trace's holds when every rule is met") {
  Fixture f;
  f.see("openat");
  CHECK(f.judge().verdict == Verdict::holds);
  CHECK(f.judge().said == "seen: 1 openat");
  Rule& none = f.see("statfs");
  none.min = 0;
  none.max = 0;
  CHECK(f.judge().verdict == Verdict::holds);
  CHECK(f.judge().said == "seen: 1 openat; 0 statfs");
  f.see("close");
  CHECK(f.judge().verdict == Verdict::differs);
  CHECK_FALSE(f.judge().as_expected());
  f.claim().expect = Expect::differs;
  CHECK(f.judge().as_expected());
}

TEST_CASE("One rule unmet is enough, wherever it stands") {
  Fixture f;
  f.see("close");
  f.see("openat");
  CHECK(f.judge().verdict == Verdict::differs);
}

TEST_CASE("A claim of both holds when both say so") {
  Fixture f;
  f.claim().program = true;
  f.printed = "C01 holds: printed\n";
  Rule& rule = f.see("openat");
  CHECK(f.judge().verdict == Verdict::holds);
  CHECK(f.judge().said == "printed; seen: 1 openat");
  rule.min = 2;
  CHECK(f.judge().verdict == Verdict::differs);
  rule.min = 1;
  f.printed = "C01 differs: printed\n";
  CHECK(f.judge().verdict == Verdict::differs);
  f.printed = "C01 not checked here: printed\n";
  CHECK(f.judge().verdict == Verdict::not_checked);
}

TEST_CASE("What an incomplete trace shows was there; what it does not show may have been") {
  Fixture f;
  f.see("openat");
  f.summary.missed = 1;
  CHECK(f.judge().verdict == Verdict::holds);
  f.claim().see[0].max = 5;
  CHECK(f.judge().verdict == Verdict::not_checked);
}

TEST_CASE("An incomplete trace rules nothing out, but what the lab measured stands") {
  for (auto count :
       {&PathCounts::lost, &PathCounts::unmatched, &PathCounts::unread, &PathCounts::no_stack}) {
    Fixture f;
    f.see("no_such_call");
    f.summary.counts.*count = 1;
    CHECK(f.judge().verdict == Verdict::not_checked);
    CHECK(f.judge().said.find("the trace is incomplete: 1 ") == 0);
    CHECK(f.judge().as_expected());
    f.claim().program = true;
    f.printed = "C01 differs: measured\n";
    CHECK(f.judge().verdict == Verdict::differs);
    f.claim().see.clear();
    f.printed = "C01 holds: measured\n";
    CHECK(f.judge().verdict == Verdict::holds);
  }
  Fixture f;
  f.see("openat").max = 5;
  f.summary.missed = 1;
  CHECK(f.judge().verdict == Verdict::not_checked);
  f.summary.missed = 0;
  f.summary.late_probes = 1;
  CHECK(f.judge().verdict == Verdict::not_checked);
  f.summary.late_probes = 0;
  f.summary.counts.cut = f.summary.counts.unfinished = f.summary.counts.events = 9;
  CHECK(f.judge().verdict == Verdict::holds);
}

TEST_CASE("A rule about what has no probe cannot be checked") {
  Fixture f;
  f.header.missing = {{"close", "no such symbol"}};
  f.see("close");
  CHECK(f.judge().verdict == Verdict::not_checked);
  CHECK(f.judge().said == "close: no such symbol");
  f.claim().see.clear();
  f.see("statfs");
  CHECK(f.judge().verdict == Verdict::differs);
}

TEST_CASE("What has no probe is not proved absent by not being seen") {
  Fixture f;
  f.header.missing = {{"close", "no such symbol"}};
  Rule& none = f.see("close");
  none.min = 0;
  none.max = 0;
  CHECK(f.judge().verdict == Verdict::not_checked);
}

TEST_CASE("A missing probe on a libc function does not excuse the system call of that name") {
  Fixture f;
  f.header.missing = {{"close", "no such symbol"}};
  f.see("close").layer = "syscall";
  CHECK(f.judge().verdict == Verdict::differs);
}

TEST_CASE("The entry of a kernel function is asked of the functions view only") {
  Fixture f;
  f.functions["newary"].name = "newary";
  f.see("newary");
  f.header.view = "functions";
  CHECK(f.judge().verdict == Verdict::differs);
  f.header.view = "tracepoints";
  CHECK(f.judge().verdict == Verdict::not_checked);
  CHECK(f.judge().said ==
        "newary: the tracepoints view has no entries of kernel functions; try --place vm");
  f.claim().see[0].min = 0;
  f.claim().see[0].max = 0;  // nor is it proved absent
  CHECK(f.judge().verdict == Verdict::not_checked);
  f.claim().see[0].layer = "syscall";  // a system call of the same name is seen
  CHECK(f.judge().verdict == Verdict::holds);
}

TEST_CASE("In the syscalls view a claim is judged by system calls, and by nothing else") {
  Fixture f;
  f.header.view = "syscalls";
  f.see("openat").layer = "syscall";
  CHECK(f.judge().verdict == Verdict::holds);
  f.see("unlink");  // by its name alone
  CHECK(f.judge().verdict == Verdict::differs);
  f.claim().see.pop_back();
  const auto not_checked_for = [&](const std::string& name) {
    const ClaimResult result = f.judge();
    f.claim().see.pop_back();
    return result.verdict == Verdict::not_checked && result.as_expected() &&
           result.said.find("the syscalls view does not show " + name) != std::string::npos;
  };
  f.see("shmem_fault").max = 0;
  CHECK(not_checked_for("shmem_fault"));
  f.see("page_fault_user").max = 0;
  CHECK(not_checked_for("page_fault_user"));
  f.see("mmap").max = 0;  // the C library has one too
  CHECK(not_checked_for("mmap"));
  f.see("openat").layer = "user";
  CHECK(not_checked_for("openat"));
  Rule& inside = f.see("openat");
  inside.layer = "syscall";
  inside.inside = "shm_open";
  CHECK(not_checked_for("shm_open"));
  Rule& through = f.see("openat");
  through.layer = "syscall";
  through.stack = {"shmem_fault"};
  CHECK(not_checked_for("shmem_fault"));
}

TEST_CASE("A verdict has its word") {
  CHECK(verdict_text(Verdict::holds) == "holds");
  CHECK(verdict_text(Verdict::differs) == "differs");
  CHECK(verdict_text(Verdict::not_checked) == "not checked here");
}
