// SPDX-License-Identifier: BSD-2-Clause
//
// Each check of a rubric, met and not met, on traces made by hand.
#include "tracer/rubric.h"

#include <algorithm>

#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tracer/failure.h"
#include "tracer/rubric_file.h"

using namespace shmpath;
using Number = std::uint64_t;
using Word = std::string;

namespace {

constexpr std::uint32_t runner = 7, one = 20, two = 30;

Event by(std::uint32_t pid, Event event) { return of_thread(std::move(event), pid, pid); }

Event forked(std::uint32_t pid, std::uint32_t child) {
  return by(pid, point_event(1, "sched_process_fork",
                             {{"child_pid", Number{child}}, {"child_tid", Number{child}}}));
}

Event exited(std::uint32_t pid, const char* how, Number with) {
  return by(pid, point_event(9, "sched_process_exit", {{how, with}}));
}

using Events = std::vector<Event>;

void add_call(Events& events, std::uint32_t pid, const char* name, Args args, Value ret,
              const char* error = "") {
  events.push_back(by(pid, syscall_enter(2, name, std::move(args))));
  Event exit = by(pid, syscall_exit(3, name));
  exit.ret = std::move(ret);
  exit.error = error;
  events.push_back(std::move(exit));
}

// The runner starts a process, which executes that program.
void add_start(Events& events, std::uint32_t pid, const char* path) {
  events.push_back(forked(runner, pid));
  events.push_back(by(pid, syscall_enter(2, "execve", {{"pathname", Word(path)}})));
  events.push_back(by(pid, point_event(3, "sched_process_exec", {})));
  events.push_back(by(pid, syscall_exit(4, "execve")));
}

Events started() {
  Events events = {by(runner, syscall_enter(1, "getpid")), by(runner, syscall_exit(1, "getpid"))};
  add_start(events, one, "/home/writer");
  add_start(events, two, "/home/reader");
  return events;
}

void add_open(Events& events, std::uint32_t pid, const char* path, const char* flags) {
  add_call(events, pid, "openat", {{"pathname", Word(path)}, {"flags", Word(flags)}},
           std::int64_t{3});
}

const char* const head = R"(number = 1
name = "an-exercise"
title = { en = "A title", zh = "标题" }
points = 5
programs = ["writer", "reader"]
views = ["tracepoints"]
[[run]]
program = "writer"
args = ["{nonce}"]
beside = true
[[run]]
program = "reader"
[[line]]
id = "the-line"
points = 5
text = { en = "It is so.", zh = "如此。" }
failed = { en = "It is not.", zh = "不然。" }
lab = "01"
)";

Exercise exercise_of(const std::string& line) {
  return with_nonce(parse_exercise(head + line, "exercise.toml"), "n0nce", "payload");
}

struct Graded {
  Exercise exercise;
  Score score;
};

Graded graded(const std::string& line, const Events& events, const RunFacts& facts = {}) {
  Graded result{exercise_of(line), {}};
  result.score = grade(result.exercise, {events, "tracepoints", true, ""}, facts, {});
  REQUIRE(result.score.reason.empty());
  REQUIRE(result.score.lines.size() == 1);
  return result;
}

bool met(const std::string& line, const Events& events, const RunFacts& facts = {}) {
  const Graded result = graded(line, events, facts);
  const LineScore& score = result.score.lines[0];
  CHECK(result.score.points == (score.met ? 5 : 0));
  if (!score.met) {
    CHECK_FALSE(score.expected.empty());
    CHECK_FALSE(score.seen.empty());
  }
  return score.met;
}

const std::string opens = R"(check = "call"
[[line.see]]
call = "openat"
program = "writer"
args = { pathname = "/dev/shm/{nonce}" }
)";

}  // namespace

TEST_CASE("A run's process is the runner's next child that executes its program") {
  Events events = {by(runner, syscall_enter(1, "getpid")), forked(runner, 18)};
  add_start(events, 19, "/usr/bin/sleep");
  add_start(events, 21, "/home/reader");  // not its turn
  add_start(events, one, "/home/writer");
  events.push_back(forked(one, 22));
  add_start(events, two, "reader");
  const Exercise exercise = exercise_of(opens);
  CHECK(run_processes(events, exercise.runs) ==
        std::map<pid_t, std::string>{{one, "writer"}, {two, "reader"}});
  CHECK(run_processes({}, exercise.runs).empty());
}

TEST_CASE("call: made, by that run, with these arguments") {
  Events events = started();
  CHECK_FALSE(met(opens, events));
  add_open(events, two, "/dev/shm/n0nce", "O_RDWR");
  CHECK_FALSE(met(opens, events));
  add_open(events, one, "/dev/shm/other", "O_RDWR");
  CHECK_FALSE(met(opens, events));
  add_open(events, one, "/dev/shm/n0nce", "O_RDWR");
  CHECK(met(opens, events));
  add_open(events, one, "/dev/shm/n0nce", "O_RDWR");
  CHECK(met(opens + "max = 2\n", events));
  CHECK_FALSE(met(opens + "max = 1\n", events));
  CHECK_FALSE(met(opens + "min = 3\n", events));
}

TEST_CASE("What the runner does before it executes a program is nobody's work") {
  Events events = {by(runner, syscall_enter(1, "fork")), forked(runner, one)};
  add_open(events, one, "/dev/shm/n0nce", "O_RDWR");
  add_open(events, runner, "/dev/shm/n0nce", "O_RDWR");
  events.push_back(by(one, syscall_enter(2, "execve", {{"pathname", Word("writer")}})));
  events.push_back(by(one, point_event(3, "sched_process_exec", {})));
  CHECK_FALSE(met(opens, events));
  add_open(events, one, "/dev/shm/n0nce", "O_RDWR");
  CHECK(met(opens, events));
}

TEST_CASE("A child's work is its parent's run's") {
  Events events = started();
  events.push_back(forked(one, 40));
  add_open(events, 40, "/dev/shm/n0nce", "O_RDWR");
  CHECK(met(opens, events));
}

TEST_CASE("A line that is not given what it needs is not met") {
  const std::string line = R"(check = "forbidden"
[[line.see]]
call = "write"
[[line.given]]
call = "mmap"
)";
  Events events = started();
  CHECK_FALSE(met(line, events));
  add_call(events, one, "mmap", {}, Word("0x1000"));
  CHECK(met(line, events));
  add_call(events, two, "write", {}, std::int64_t{1});
  CHECK_FALSE(met(line, events));
}

TEST_CASE("faults: those of one process in one mapping, until it is unmapped") {
  const auto line = [](const std::string& due) {
    return "check = \"faults\"\n" + due + "\n[[line.see]]\ncall = \"mmap\"\nprogram = \"writer\"\n";
  };
  Events events = started();
  CHECK_FALSE(met(line("max = 0"), events));  // nothing is mapped
  add_call(events, one, "mmap", {{"length", Number{8192}}}, Word("0x10000"));
  CHECK(met(line("max = 0"), events));
  CHECK_FALSE(met(line("min = 1"), events));
  events.push_back(by(one, fault_event(5, "0x10000")));
  events.push_back(by(one, fault_event(5, "0x11fff")));
  for (const char* beyond : {"0xffff", "0x12000", "?", "0x", "0x1zzz"})
    events.push_back(by(one, fault_event(6, beyond)));
  events.push_back(by(two, fault_event(6, "0x10000")));
  CHECK(met(line("min = 2\nmax = 2"), events));
  CHECK_FALSE(met(line("max = 1"), events));
  add_call(events, one, "munmap", {{"addr", Word("0x10000")}}, std::int64_t{0});
  events.push_back(by(one, fault_event(7, "0x10000")));
  CHECK(met(line("min = 2\nmax = 2"), events));
}

TEST_CASE("faults: a mapping that failed has none, and meets nothing") {
  const std::string line = "check = \"faults\"\nmax = 0\n[[line.see]]\ncall = \"mmap\"\n";
  Events events = started();
  add_call(events, one, "mmap", {{"length", Number{4096}}}, std::int64_t{-12}, "ENOMEM");
  CHECK_FALSE(met(line, events));
}

TEST_CASE("order: each begins after the one before it has returned") {
  const auto line = [](const std::string& within) {
    return "check = \"order\"\nwithin = \"" + within +
           "\"\n[[line.see]]\ncall = \"shmat\"\n[[line.see]]\ncall = \"shmctl\"\n";
  };
  Events events = started();
  add_call(events, one, "shmctl", {}, std::int64_t{0});
  add_call(events, one, "shmat", {}, Word("0x1000"));
  CHECK_FALSE(met(line("trace"), events));
  Events across = events;
  add_call(across, two, "shmctl", {}, std::int64_t{0});
  CHECK(met(line("trace"), across));
  CHECK_FALSE(met(line("run"), across));
  CHECK_FALSE(met(line("thread"), across));
  Events other_thread = events;
  add_call(other_thread, one, "shmctl", {}, std::int64_t{0});
  CHECK(met(line("thread"), other_thread));
  for (Event& event : other_thread)
    if (&event >= &other_thread[other_thread.size() - 2]) event.tid = 21;
  CHECK(met(line("run"), other_thread));
  CHECK_FALSE(met(line("thread"), other_thread));
}

TEST_CASE("order: a call that has not returned yet is not before another") {
  Events events = started();
  events.push_back(by(one, syscall_enter(2, "shmat")));
  events.push_back(by(two, syscall_enter(3, "shmctl")));
  events.push_back(by(one, syscall_exit(4, "shmat")));
  const std::string line =
      "check = \"order\"\n[[line.see]]\ncall = \"shmat\"\n[[line.see]]\ncall = \"shmctl\"\n";
  CHECK_FALSE(met(line, events));
}

TEST_CASE("same_object: one value that all have seen") {
  const std::string line = R"(check = "same_object"
value = "st_ino"
[[line.see]]
call = "fstat"
program = "writer"
[[line.see]]
call = "fstat"
program = "reader"
)";
  Events events = started();
  const auto add_stat = [&](std::uint32_t pid, Number inode) {
    events.push_back(by(pid, syscall_enter(2, "fstat")));
    Event exit = by(pid, syscall_exit(3, "fstat"));
    exit.args = {{"st_ino", inode}};
    events.push_back(exit);
  };
  add_stat(one, 5);
  CHECK_FALSE(met(line, events));
  add_stat(two, 6);
  CHECK_FALSE(met(line, events));
  CHECK(met("differ = true\n" + line, events));
  add_stat(two, 5);
  CHECK(met(line, events));
  CHECK_FALSE(met("differ = true\n" + line, events));
}

TEST_CASE("nothing_left: a file that was made must have been unlinked") {
  const std::string line = R"(check = "nothing_left"
run = "writer"
object = "file"
name = "/dev/shm/*{nonce}*"
)";
  Events events = started();
  CHECK_FALSE(met(line, events));  // nothing was made
  add_open(events, one, "/dev/shm/n0nce", "O_RDWR|O_CREAT");
  CHECK_FALSE(met(line, events));
  Events refused = events;
  add_call(refused, one, "unlink", {{"pathname", Word("/dev/shm/n0nce")}}, std::int64_t{-2},
           "ENOENT");
  CHECK_FALSE(met(line, refused));
  add_call(events, two, "unlink", {{"pathname", Word("/dev/shm/n0nce")}}, std::int64_t{0});
  CHECK(met(line, events));
  CHECK(met(line, events, {.output = {}, .left = {{"file", "/dev/shm/else"}}}));
  CHECK_FALSE(met(line, events, {.output = {}, .left = {{"file", "/dev/shm/x-n0nce"}}}));
  add_open(events, one, "/dev/shm/n0nce", "O_RDWR|O_CREAT");  // and again
  CHECK_FALSE(met(line, events));
}

TEST_CASE("nothing_left: a segment that was made must have been removed") {
  const std::string line = "check = \"nothing_left\"\nrun = \"writer\"\nobject = \"segment\"\n";
  Events events = started();
  add_call(events, one, "shmget", {{"key", Word("0x1")}, {"shmflg", Word("0600")}},
           std::int64_t{4});
  CHECK_FALSE(met(line, events));  // was there before: nothing was made
  add_call(events, one, "shmget", {{"key", Word("IPC_PRIVATE")}, {"shmflg", Word("0600")}},
           std::int64_t{5});
  CHECK_FALSE(met(line, events));
  add_call(events, one, "shmctl", {{"shmid", std::int64_t{4}}, {"cmd", Word("IPC_RMID")}},
           std::int64_t{0});
  CHECK_FALSE(met(line, events));
  add_call(events, one, "shmctl", {{"shmid", std::int64_t{5}}, {"cmd", Word("IPC_RMID")}},
           std::int64_t{0});
  CHECK(met(line, events));
}

TEST_CASE("nothing_left: a process that was made must have ended") {
  const std::string line = "check = \"nothing_left\"\nrun = \"writer\"\nobject = \"process\"\n";
  Events events = started();
  CHECK_FALSE(met(line, events));
  events.push_back(forked(one, 40));
  CHECK_FALSE(met(line, events));
  events.push_back(exited(40, "code", 0));
  CHECK(met(line, events));
}

TEST_CASE("no_copy: what is copied after the work has begun, taken together") {
  const std::string line = R"(check = "no_copy"
run = ["writer", "reader"]
bytes = 1000
[[line.given]]
call = "mmap"
program = "writer"
)";
  Events events = started();
  add_call(events, one, "read", {}, std::int64_t{5000});  // what the loader reads
  CHECK_FALSE(met(line, events));                         // nothing is mapped
  add_call(events, one, "mmap", {}, Word("0x1000"));
  CHECK(met(line, events));
  add_call(events, one, "write", {}, std::int64_t{999});
  CHECK(met(line, events));
  add_call(events, two, "sendto", {}, std::int64_t{999});
  CHECK(met(line, events));
  add_call(events, one, "process_vm_readv", {}, std::int64_t{1});
  CHECK_FALSE(met(line, events));
}

TEST_CASE("exit: the run's own process, by code or by signal") {
  Events events = started();
  const std::string code = "check = \"exit\"\nrun = \"writer\"\ncode = 3\n";
  const std::string signal = "check = \"exit\"\nrun = \"writer\"\nsignal = 15\n";
  CHECK_FALSE(met(code, events));
  events.push_back(exited(two, "code", 3));
  CHECK_FALSE(met(code, events));
  events.push_back(exited(one, "code", 3));
  CHECK(met(code, events));
  CHECK_FALSE(met(signal, events));
  events.back() = exited(one, "signal", 15);
  CHECK(met(signal, events));
  CHECK_FALSE(met(code, events));
}

TEST_CASE("output: each line that is due is a whole line of the run") {
  const std::string line =
      "check = \"output\"\nrun = \"reader\"\nlines = [\"got {payload}\", \"end *\"]\n";
  const auto says = [](const char* text) { return RunFacts{{{"reader", text}}, {}}; };
  const Events events = started();
  CHECK_FALSE(met(line, events));
  CHECK(met(line, events, says("got payload\nend 3\n")));
  CHECK(met(line, events, says("more\nend 3\ngot payload")));
  CHECK_FALSE(met(line, events, says("got payload\n")));
  CHECK_FALSE(met(line, events, says("got payload, end 3\n")));
  CHECK_FALSE(met(line, events, {{{"writer", "got payload\nend 3\n"}}, {}}));
}

namespace {

// Processes that the writer starts, each with some calls of a function; the number of each process
// is 20 + its place.
Events with_faults(const std::vector<int>& counts) {
  Events events = started();
  for (std::uint32_t i = 0; i < counts.size(); i++) {
    const std::uint32_t pid = one + 1 + i;
    events.push_back(forked(one, pid));
    for (int n = 0; n < counts[i]; n++) add_call(events, pid, "shmem_fault", {}, Word("0"));
  }
  return events;
}

RunFacts printed(const std::string& text) {
  RunFacts facts;
  facts.output["writer"] = text;
  return facts;
}

const std::string tallies = R"(check = "tally"
run = "writer"
row = "{nonce} {pid} {count}"
min = 2
SEE)";

std::string tally(const std::string& more = "") {
  std::string text = tallies;
  return text.replace(text.find("SEE"), 3,
                      more + "[[line.see]]\ncall = \"shmem_fault\"\nprogram = \"writer\"\n");
}

}  // namespace

TEST_CASE("tally: what a run has counted is what the trace has") {
  const Events events = with_faults({3, 5, 4});
  CHECK(met(tally(), events, printed("n0nce 21 3\nn0nce 22 5\nn0nce 23 4\n")));
  CHECK(met(tally(), events, printed("n0nce 22 5\n n0nce\t21  3 \nother words\nn0nce 22\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3\nn0nce 22 4\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3\nn0nce 22 6\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3\nn0nce 21 3\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3\nn0nce 22 5\nn0nce 21 2\n")));
  CHECK_FALSE(met(tally(), events, printed("other 21 3\nother 22 5\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3 of\nn0nce 22 -5\nn0nce 23 4x\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 21 3\nn0nce 22 99999999999999999999999\n")));
  CHECK_FALSE(met(tally(), events, printed("")));
  CHECK_FALSE(met(tally(), events));
}

TEST_CASE("tally: who was not traced may be counted, and proves nothing") {
  const Events events = with_faults({3, 5, 4});
  CHECK(met(tally(), events, printed("n0nce 1 9\nn0nce 21 3\nn0nce 22 5\n")));
  CHECK_FALSE(met(tally(), events, printed("n0nce 1 9\nn0nce 2 9\nn0nce 22 5\n")));
  // nor does the run's own process, which was at work before it counted
  Events own = with_faults({3, 5});
  for (int n = 0; n < 7; n++) add_call(own, one, "shmem_fault", {}, Word("0"));
  CHECK(met(tally(), own, printed("n0nce 20 6\nn0nce 21 3\nn0nce 22 5\n")));
  CHECK_FALSE(met(tally(), own, printed("n0nce 20 7\nn0nce 21 3\n")));
}

TEST_CASE("tally: the first of all that the trace has, the largest first") {
  const Events events = with_faults({3, 5, 4, 1, 4});
  const std::string three = tally("top = 3\n");
  CHECK(met(three, events, printed("n0nce 22 5\nn0nce 23 4\nn0nce 25 4\n")));
  CHECK(met(three, events, printed("n0nce 22 5\nn0nce 25 4\nn0nce 23 4\n")));
  CHECK(met(three, events, printed("n0nce 22 9\nn0nce 23 8\nn0nce 25 0\n")));  // another line's
  CHECK(met(three, events, printed("n0nce 1 9\nn0nce 22 5\nn0nce 23 4\n")));
  CHECK_FALSE(met(three, events, printed("n0nce 23 4\nn0nce 25 4\nn0nce 22 5\n")));
  CHECK_FALSE(met(three, events, printed("n0nce 22 5\nn0nce 23 4\nn0nce 21 3\n")));
  CHECK_FALSE(met(three, events, printed("n0nce 22 5\nn0nce 23 4\n")));
  CHECK_FALSE(met(three, events, printed("n0nce 22 5\nn0nce 23 4\nn0nce 25 4\nn0nce 21 3\n")));
  CHECK_FALSE(met(three, events, printed("n0nce 22 5\nn0nce 1 5\nn0nce 2 5\n")));
  const std::string ten = tally("top = 10\n");  // there are five
  CHECK(met(ten, events, printed("n0nce 22 5\nn0nce 23 4\nn0nce 25 4\nn0nce 21 3\nn0nce 24 1\n")));
  CHECK_FALSE(met(ten, events, printed("n0nce 22 5\nn0nce 23 4\nn0nce 25 4\nn0nce 21 3\n")));
}

TEST_CASE("A trace with gaps, or of a view that shows too little, gives a reason and no score") {
  const Events events = started();
  const Exercise exercise = exercise_of(opens);
  const Score gaps = grade(exercise, {events, "tracepoints", false, "3 events lost"}, {}, {});
  CHECK(gaps.reason == "the trace is incomplete: 3 events lost");
  CHECK(gaps.lines.empty());
  CHECK(gaps.points == 0);
  const Score blind = grade(exercise, {events, "syscalls", true, ""}, {}, {});
  CHECK(blind.reason ==
        "the view syscalls does not show what this exercise asks; it needs tracepoints");
}

TEST_CASE("A line that is not met shows what was due, what was seen, and the trace about there") {
  Events events = started();
  add_call(events, one, "getpid", {}, std::int64_t{20});
  add_open(events, one, "/dev/shm/wr\x1b[31mong", "O_RDWR");
  add_call(events, one, "getuid", {}, std::int64_t{0});
  const Graded result = graded(opens, events);
  const LineScore& line = result.score.lines[0];
  CHECK(line.expected == "at least 1 openat of writer, pathname /dev/shm/n0nce");
  CHECK(line.seen == "0, but openat(\"/dev/shm/wr\\x1b[31mong\", O_RDWR) = 3");
  const auto holds = [&](const char* text) {
    return std::any_of(line.around.begin(), line.around.end(), [&](const std::string& one_line) {
      return one_line.find(text) != std::string::npos;
    });
  };
  CHECK_FALSE(holds("\x1b"));
  CHECK(holds("openat"));
  CHECK(holds("getpid"));
  CHECK(holds("getuid"));
}

TEST_CASE("A nonce of anything but letters and digits is refused") {
  const Exercise exercise = parse_exercise(head + opens, "exercise.toml");
  for (const char* bad : {"", "*", "a b", "A", "a/b"}) {
    CHECK_THROWS_AS(with_nonce(exercise, bad, "p"), Failure);
    CHECK_THROWS_AS(with_nonce(exercise, "n", bad), Failure);
  }
  CHECK(with_nonce(exercise, "n1", "p").runs[0].args == std::vector<std::string>{"n1"});
}
