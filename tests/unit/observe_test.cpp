// SPDX-License-Identifier: BSD-2-Clause
//
// A finished trace, and whether a rule is met by it.
#include "tracer/observe.h"

#include "tests/catch.h"
#include "tests/unit/events.h"

using namespace shmpath;
using Names = std::vector<std::string>;

namespace {

const std::map<pid_t, std::string> programs = {{7, "one"}, {20, "two"}};

std::map<std::string, KernelFunction> functions() {
  std::map<std::string, KernelFunction> all;
  all["shmem_alloc_and_add_folio"] = {.name = "shmem_alloc_and_add_folio",
                                      .names = {"shmem_alloc_and_acct_page"},
                                      .source = {},
                                      .inlined_into = {},
                                      .witness = {},
                                      .calls = {},
                                      .args = {},
                                      .text = {}};
  return all;
}

std::vector<Event> trace() {
  return {
      syscall_enter(1, "openat", {{"pathname", std::string("/lib/libc.so.6")}}),
      syscall_exit(2, "openat", 3),
      step_event(3, 1),
      user_enter(4, "shm_open", {{"name", std::string("x")}}),
      at_depth(syscall_enter(5, "openat",
                             {{"pathname", std::string("/dev/shm/x")},
                              {"flags", std::string("O_RDWR|O_CREAT|O_NOFOLLOW")},
                              {"mode", std::int64_t{3}}}),
               1),
      at_depth(syscall_exit(6, "openat", 4), 1),
      user_exit(7, "shm_open", 4),
      step_event(8, 2),
      at_depth(point_event(9, "mm_page_alloc", {{"order", std::uint64_t{0}}},
                           stack_of({"shmem_alloc_and_acct_page", "shmem_fault"})),
               0),
      of_thread(syscall_enter(10, "openat", {{"pathname", std::string("/of/two")}}), 20, 20),
  };
}

RuleResult check(const Rule& rule) {
  static const std::vector<Event> events = trace();
  static const std::vector<Seen> seen = observe(events, programs);
  return check_rule(rule, seen, functions());
}

Rule rule_of(Names call) {
  Rule rule;
  rule.call = std::move(call);
  return rule;
}

}  // namespace

TEST_CASE("What was seen knows its program, its step, its return and what is around it") {
  const std::vector<Event> events = trace();
  const std::vector<Seen> seen = observe(events, programs);
  REQUIRE(seen.size() == 5);
  CHECK(seen[0].step == 0);
  CHECK(seen[0].program == "one");
  CHECK(seen[0].ret == &events[1]);
  CHECK(seen[1].event->name == "shm_open");
  CHECK(seen[1].inside.empty());
  CHECK(seen[1].ret == &events[6]);
  CHECK(seen[2].inside == Names{"shm_open"});
  CHECK(seen[2].ret == &events[5]);
  CHECK(seen[2].step == 1);
  CHECK(seen[3].step == 2);
  CHECK(seen[3].inside.empty());
  CHECK(seen[4].program == "two");
  CHECK(seen[4].step == 0);
  CHECK(seen[4].ret == nullptr);
}

TEST_CASE("A first process keeps its program though another process forked it") {
  const std::vector<Event> events = {
      point_event(1, "sched_process_fork",
                  {{"child_pid", std::uint64_t{20}}, {"child_tid", std::uint64_t{20}}}),
      of_thread(syscall_enter(2, "openat"), 20, 20)};
  CHECK(observe(events, programs)[1].program == "two");
}

TEST_CASE("A rule may ask how a call ended, and with what") {
  Event refused = syscall_exit(2, "openat", -2);
  refused.error = "ENOENT";
  const std::vector<Event> events = {syscall_enter(1, "openat"),    refused,
                                     syscall_enter(3, "openat"),    syscall_exit(4, "openat", 3),
                                     user_enter(5, "shm_unlink"),   user_exit(6, "shm_unlink", -1),
                                     syscall_enter(7, "exit_group")};
  const std::vector<Seen> seen = observe(events, programs);
  const auto count = [&](const char* call, std::optional<bool> fails, const char* ret) {
    Rule rule = rule_of({call});
    rule.fails = fails;
    rule.ret = ret;
    return check_rule(rule, seen, {}).count;
  };
  CHECK(count("openat", {}, "") == 2);
  CHECK(count("openat", true, "") == 1);
  CHECK(count("openat", false, "") == 1);
  CHECK(count("openat", {}, "3") == 1);
  CHECK(count("openat", {}, "4") == 0);
  CHECK(count("shm_unlink", true, "") == 1);
  CHECK(count("shm_unlink", false, "") == 0);
  CHECK(count("exit_group", false, "") == 0);
}

TEST_CASE("A call whose return was missed is around nothing that follows") {
  const std::vector<Event> events = {
      user_enter(1, "shm_open"), at_depth(syscall_enter(2, "openat"), 1), user_exit(3, "shm_open"),
      syscall_enter(4, "close"), at_depth(syscall_enter(5, "read"), 0)};
  const std::vector<Seen> seen = observe(events, programs);
  CHECK(seen[0].ret == &events[2]);
  CHECK(seen[1].ret == nullptr);
  CHECK(seen[2].inside.empty());
  CHECK(seen[3].inside.empty());
}

TEST_CASE("A child that executes a program of the lab belongs to that, and has its steps") {
  auto execve = [](std::uint64_t t, const char* path) {
    return of_thread(syscall_enter(t, "execve", {{"pathname", std::string(path)}}), 30, 30);
  };
  const std::vector<Event> events = {
      step_event(1, 4),
      point_event(2, "sched_process_fork",
                  {{"child_pid", std::uint64_t{30}}, {"child_tid", std::uint64_t{30}}}),
      execve(3, "/nowhere/sender"),
      of_thread(syscall_exit(4, "execve", -2), 30, 30),
      execve(5, "/labs/08/sender"),
      of_thread(point_event(6, "sched_process_exec"), 30, 30),
      of_thread(syscall_enter(7, "shmat"), 30, 30),
      of_thread(step_event(8, 1), 30, 30),
      of_thread(syscall_enter(9, "shmdt"), 30, 30),
      syscall_enter(10, "shmget")};
  const std::vector<Seen> known = observe(events, programs, {"sender"});
  CHECK(known[1].program == "one");  // the execve that failed
  CHECK(known[2].program == "one");
  CHECK(known[4].program == "sender");
  CHECK(known[4].step == 0);
  CHECK(known[5].program == "sender");
  CHECK(known[5].step == 1);
  CHECK(known[6].program == "one");
  CHECK(known[6].step == 4);
  const std::vector<Seen> other = observe(events, programs, {"end"});
  CHECK(other[4].program == "one");
  CHECK(other[4].step == 4);
}

TEST_CASE("Children belong to their parent's program and step") {
  const std::vector<Event> events = {
      step_event(1, 4),
      point_event(2, "sched_process_fork",
                  {{"child_pid", std::uint64_t{30}}, {"child_tid", std::uint64_t{31}}}),
      of_thread(syscall_enter(3, "shmat"), 30, 31),
      of_thread(point_event(4, "sched_process_fork",
                            {{"child_pid", std::uint64_t{40}}, {"child_tid", std::uint64_t{40}}}),
                30, 31),
      of_thread(syscall_enter(5, "shmdt"), 40, 40),
      of_thread(syscall_enter(6, "shmdt"), 50, 50)};
  const std::vector<Seen> seen = observe(events, programs);
  CHECK(seen[1].program == "one");
  CHECK(seen[1].step == 4);
  CHECK(seen[3].program == "one");
  CHECK(seen[3].step == 4);
  CHECK(seen[4].program.empty());
}

TEST_CASE("A rule counts calls by name") {
  CHECK(check(rule_of({"openat"})).count == 3);
  CHECK(check(rule_of({"openat", "shm_open"})).count == 4);
  CHECK(check(rule_of({"mm_page_alloc"})).met);
  CHECK_FALSE(check(rule_of({"statfs"})).met);
}

TEST_CASE("A rule may ask for the layer, what is around, the program and the step") {
  Rule rule = rule_of({"openat"});
  rule.layer = "syscall";
  CHECK(check(rule).count == 3);
  rule.layer = "user";
  CHECK(check(rule).count == 0);
  rule = rule_of({"mm_page_alloc"});
  rule.layer = "kernel";
  CHECK(check(rule).count == 1);

  rule = rule_of({"openat"});
  rule.inside = "shm_open";
  CHECK(check(rule).count == 1);
  rule.inside = "mmap";
  CHECK(check(rule).count == 0);

  rule = rule_of({"openat"});
  rule.program = "one";
  CHECK(check(rule).count == 2);
  rule.program = "two";
  CHECK(check(rule).count == 1);

  rule = rule_of({"openat"});
  rule.step = 1;
  CHECK(check(rule).count == 1);
  rule.step = 0;
  CHECK(check(rule).count == 2);
  rule.step = 2;
  CHECK(check(rule).count == 0);
}

TEST_CASE("A rule may ask for arguments: a pattern, or flags that are all set") {
  const auto count = [](const std::string& name, const Names& wanted) {
    Rule rule = rule_of({"openat"});
    rule.args = {{name, wanted}};
    return check(rule).count;
  };
  CHECK(count("pathname", {"/dev/shm/*"}) == 1);
  CHECK(count("pathname", {"/dev/shm/x"}) == 1);
  CHECK(count("pathname", {"/dev/shm/"}) == 0);
  CHECK(count("pathname", {"*"}) == 3);
  CHECK(count("flags", {"O_CREAT"}) == 1);
  CHECK(count("flags", {"O_RDWR"}) == 1);
  CHECK(count("flags", {"O_NOFOLLOW", "O_CREAT"}) == 1);
  CHECK(count("flags", {"O_NOFOLLOW", "O_EXCL"}) == 0);
  CHECK(count("flags", {"O_NO"}) == 0);
  CHECK(count("flags", {"CREAT"}) == 0);
  CHECK(count("mode", {"3"}) == 1);
  CHECK(count("mode", {"[!3]"}) == 0);
  CHECK(count("none", {"*"}) == 0);

  Rule both = rule_of({"openat"});
  both.args = {{"pathname", {"/dev/*"}}, {"flags", {"O_EXCL"}}};
  CHECK(check(both).count == 0);
}

TEST_CASE("An argument that the call filled is found at its return") {
  std::vector<Event> events = {syscall_enter(1, "fstat", {{"fd", std::int64_t{3}}}),
                               syscall_exit(2, "fstat")};
  events[1].args = {{"st_size", std::int64_t{4096}}};
  const std::vector<Seen> seen = observe(events, programs);
  Rule rule = rule_of({"fstat"});
  rule.args = {{"st_size", {"4096"}}};
  CHECK(check_rule(rule, seen, {}).met);
  rule.args = {{"st_size", {"0"}}};
  CHECK_FALSE(check_rule(rule, seen, {}).met);
}

TEST_CASE("A rule may ask for functions on the stack, by any of their names") {
  Rule rule = rule_of({"mm_page_alloc"});
  rule.stack = {"shmem_alloc_and_add_folio"};
  CHECK(check(rule).met);
  rule.stack = {"shmem_alloc_and_add_folio", "shmem_fault"};
  CHECK(check(rule).met);
  rule.stack = {"shmem_alloc_and_add_folio", "do_anonymous_page"};
  CHECK_FALSE(check(rule).met);
  rule.stack = {"shmem_alloc"};
  CHECK_FALSE(check(rule).met);
  rule = rule_of({"openat"});  // which has no stack
  rule.stack = {"shmem_fault"};
  CHECK_FALSE(check(rule).met);
}

TEST_CASE("A rule is met between its least and its most") {
  Rule rule = rule_of({"openat"});
  const auto met = [&](std::size_t min, std::optional<std::size_t> max) {
    rule.min = min;
    rule.max = max;
    return check(rule).met;
  };
  CHECK(met(3, std::nullopt));
  CHECK_FALSE(met(4, std::nullopt));
  CHECK(met(3, 3));
  CHECK(met(0, 3));
  CHECK_FALSE(met(0, 2));
  CHECK_FALSE(met(0, 0));
  rule = rule_of({"statfs"});
  CHECK(met(0, 0));
}

TEST_CASE("A rule's result says what was looked for, and what was due") {
  Rule rule = rule_of({"openat", "open"});
  rule.inside = "shm_open";
  rule.program = "one";
  rule.step = 1;
  rule.args = {{"flags", {"O_CREAT", "O_NOFOLLOW"}}};
  CHECK(check(rule).said ==
        "1 openat or open inside shm_open in step 1 of one, flags O_CREAT|O_NOFOLLOW");
  rule = rule_of({"mm_page_alloc"});
  rule.stack = {"shmem_fault", "do_fault"};
  CHECK(check(rule).said ==
        "0 mm_page_alloc, through shmem_fault and do_fault where at least 1 was due");
  rule = rule_of({"openat"});
  rule.min = rule.max.emplace(2);
  CHECK(check(rule).said == "3 openat where 2 was due");
  rule.min = 0;
  CHECK(check(rule).said == "3 openat where 0 to 2 was due");
  rule.max = 0;
  CHECK(check(rule).said == "3 openat where none was due");
}

TEST_CASE("A function's names begin with its documented one") {
  CHECK(all_names("shmem_alloc_and_add_folio", functions()) ==
        Names{"shmem_alloc_and_add_folio", "shmem_alloc_and_acct_page"});
  CHECK(all_names("unknown", functions()) == Names{"unknown"});
}
