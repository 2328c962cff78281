// SPDX-License-Identifier: BSD-2-Clause
//
// The syscalls view: attaching, job control, and what becomes of the processes when the tracer
// ends.
#include <csignal>
#include <memory>
#include <utility>

#include "tests/live/other_process.h"

using namespace live;
using Names = std::vector<std::string>;

namespace {

// A process of the ordinary user's, and a tracer of the same user's that has attached to it.
struct Attached {
  TempFolder folder;
  std::string file = (folder / "trace.jsonl").string();
  Process program{{as_ordinary_user({target("spin_until_signal")}), "", true}};
  pid_t pid = 0;
  std::unique_ptr<Process> tracer;

  Attached() { std::filesystem::permissions(folder.path(), std::filesystem::perms(0777)); }
  void start() {
    REQUIRE(program.wait_for_output("\n"));
    pid = said_pid(program.output());
    tracer = std::make_unique<Process>(
        Command{as_ordinary_user({shmpath(), "trace", "--view", "syscalls", "--format", "jsonl",
                                  "-o", file, "-p", std::to_string(pid)})});
    REQUIRE(comes_true([&] { return read_file(file).find('\n') != std::string::npos; }));
  }
};

}  // namespace

TEST_CASE("an attached process of one's own goes on when the tracer is interrupted or killed") {
  NEEDS_ORDINARY_USER();
  const int number = GENERATE(int{SIGINT}, int{SIGTERM}, int{SIGKILL});
  Attached attached;
  attached.start();
  attached.program.write_input("x");
  REQUIRE(attached.program.wait_for_output("mapped\n"));
  attached.tracer->send_signal(number);
  const Outcome traced = attached.tracer->finish();
  CAPTURE(number, traced.err);
  CHECK(traced.status == (number == SIGKILL ? 128 + SIGKILL : 0));
  attached.program.write_input("y");
  CHECK(attached.program.wait_for_output("mapped\nmapped\n"));
  CHECK(status_line(attached.pid, "TracerPid") == "TracerPid:\t0");
  if (number == SIGKILL) return;
  const Trace trace = read_trace(read_file(attached.file));
  CHECK(trace.problems == Names{});
  CHECK(find_call(trace, "syscall", "mmap") >= 0);
  CHECK(field(trace.summary(), "complete") == true);
}

TEST_CASE("an attached process that job control has stopped stays stopped") {
  NEEDS_ORDINARY_USER();
  Attached attached;
  attached.start();
  REQUIRE(kill(attached.pid, SIGSTOP) == 0);
  CHECK(comes_true(
      [&] { return status_line(attached.pid, "State").find('t') != std::string::npos; }));
  attached.tracer->send_signal(SIGINT);
  CHECK(attached.tracer->finish().status == 0);
  CHECK(comes_true([&] { return status_line(attached.pid, "State") == "State:\tT (stopped)"; }));
}

TEST_CASE("a program that is stopped and continued under ptrace does both") {
  NEEDS_ORDINARY_USER();
  Process tracer({as_ordinary_user(
      {shmpath(), "trace", "--view", "syscalls", "-o", "/dev/null", "--", target("stop_self")})});
  REQUIRE(tracer.wait_for_output("\n"));
  const pid_t program = said_pid(tracer.output());
  // it is in a stop of ptrace's all the time while it is stopped: nothing more comes
  std::string before = status_line(program, "nonvoluntary_ctxt_switches");
  CHECK(comes_true([&] {
    return status_line(program, "State").find("tracing stop") != std::string::npos &&
           std::exchange(before, status_line(program, "voluntary_ctxt_switches")) == before;
  }));
  CHECK(tracer.output().find("continued") == std::string::npos);
  REQUIRE(kill(program, SIGCONT) == 0);
  CHECK(tracer.wait_for_output("continued"));
  CHECK(tracer.finish().status == 0);
}

TEST_CASE("a killed tracer leaves no process of those it started") {
  NEEDS_ORDINARY_USER();
  adopt_orphans();
  Process tracer(
      {as_ordinary_user({shmpath(), "trace", "--view", "syscalls", "-o", "/dev/null", "--", "sh",
                         "-c", "echo first $$; sleep 1000 & echo other $!; wait"})});
  REQUIRE(tracer.wait_for_output("other "));
  REQUIRE(tracer.wait_for_output("\n"));
  const std::string& said = tracer.output();
  const pid_t first = std::atoi(said.c_str() + said.find("first ") + 6);
  const pid_t other = std::atoi(said.c_str() + said.find("other ") + 6);
  REQUIRE(first > 0);
  REQUIRE(other > 0);
  tracer.send_signal(SIGKILL);
  CHECK(tracer.finish().status == 128 + SIGKILL);
  CHECK(gone(first));
  CHECK(gone(other));
}

TEST_CASE("a tracer by ptrace that is told to end ends its own program and sums up") {
  NEEDS_ORDINARY_USER();
  const int number = GENERATE(int{SIGINT}, int{SIGTERM});
  TempFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
  const std::string file = (folder / "trace.jsonl").string();
  Process tracer({as_ordinary_user({shmpath(), "trace", "--view", "syscalls", "--format", "jsonl",
                                    "-o", file, "--", target("spin_until_signal")}),
                  "", true});
  REQUIRE(tracer.wait_for_output("\n"));
  const pid_t program = said_pid(tracer.output());
  tracer.send_signal(number);
  CHECK(tracer.finish().status == 128 + number);
  CHECK(gone(program));
  const Trace trace = read_trace(read_file(file));
  CHECK(trace.problems == Names{});
  CHECK(field(field(trace.summary(), "exit"), "signal") == number);
}

TEST_CASE("a process of another user is refused, with the remedy") {
  NEEDS_ROOT();
  NEEDS_ORDINARY_USER();
  Process program({{target("spin_until_signal")}, "", true});
  REQUIRE(program.wait_for_output("\n"));
  const Outcome run = run_command({as_ordinary_user(
      {shmpath(), "trace", "--view", "syscalls", "-p", std::to_string(program.pid())})});
  CHECK(run.status == 125);
  CHECK(run.err.find("another user") != std::string::npos);
}

TEST_CASE("a process that is traced already is refused, with the one who traces it") {
  NEEDS_ORDINARY_USER();
  Attached attached;
  attached.start();
  REQUIRE(comes_true([&] { return status_line(attached.pid, "TracerPid") != "TracerPid:\t0"; }));
  const Outcome run = run_command({as_ordinary_user(
      {shmpath(), "trace", "--view", "syscalls", "-p", std::to_string(attached.pid)})});
  CHECK(run.status == 125);
  CHECK(run.err.find("traces it already") != std::string::npos);
}
