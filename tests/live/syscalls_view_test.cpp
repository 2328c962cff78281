// SPDX-License-Identifier: BSD-2-Clause
//
// The syscalls view: an ordinary user traces his own programs, and they do not notice.
#include <csignal>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "tests/live/support.h"

using namespace live;
using Names = std::vector<std::string>;

namespace {

std::set<int> processes_of(const Trace& trace) {
  std::set<int> pids;
  for (const Call& call : trace.calls) pids.insert(call.pid);
  return pids;
}

std::vector<Json> lines_of(const Trace& trace, const char* member, const char* value) {
  std::vector<Json> found;
  for (const Json& line : trace.lines)
    if (field(line, member) == value) found.push_back(line);
  return found;
}

Names texts_of_steps(const Trace& trace) {
  Names texts;
  for (const Json& line : lines_of(trace, "type", "step")) texts.push_back(line.value("text", ""));
  return texts;
}

pid_t pid_after_ready(const std::string& output) {
  return static_cast<pid_t>(std::atoi(output.c_str() + output.find("ready ") + 6));
}

// A line of /proc/PID/status.
std::string status_line(pid_t pid, const std::string& name) {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name)) return line;
  return "";
}

template <typename Condition>
bool comes_true(Condition condition) {
  for (int tries = 0; tries < 500; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

bool gone(pid_t pid) {
  return comes_true([&] {
    const std::string state = status_line(pid, "State:");
    return state.empty() || state.find("Z (zombie)") != std::string::npos;
  });
}

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
    pid = pid_after_ready(program.output());
    tracer = std::make_unique<Process>(
        Command{as_ordinary_user({shmpath(), "trace", "--view", "syscalls", "--format", "jsonl",
                                  "-o", file, "-p", std::to_string(pid)})});
    REQUIRE(comes_true([&] { return read_file(file).find('\n') != std::string::npos; }));
  }
};

}  // namespace

TEST_CASE("an ordinary user's trace is of system calls, complete, and says why it is no more") {
  NEEDS_ORDINARY_USER();
  TempFolder folder;
  const Outcome run = run_command({as_ordinary_user(
      {shmpath(), "trace", "--format", "jsonl", "-o", "-", "--", target("static_shm")})});
  CAPTURE(run.err);
  const Trace trace = read_trace(run.out);
  REQUIRE(trace.problems == Names{});
  CHECK(run.status == 0);
  CHECK(field(trace.header(), "view") == "syscalls");
  CHECK(trace.header().value("why", "").find("no functions or tracepoints") != std::string::npos);
  CHECK(field(trace.summary(), "complete") == true);
  const int openat = find_call(trace, "syscall", "openat");
  REQUIRE(openat >= 0);
  CHECK(trace.calls[static_cast<std::size_t>(openat)].args.value("pathname", "") ==
        "/dev/shm/shmpath-test-static");
  CHECK(find_call(trace, "user", "shm_open") < 0);
}

TEST_CASE("by ptrace, too, trace exits as the program does and leaves it its streams") {
  NEEDS_ORDINARY_USER();
  const auto status = GENERATE(0, 3, 255);
  const Traced traced = trace_by_ptrace({target("exit_code"), std::to_string(status)});
  require_sound(traced);
  CHECK(traced.run.status == status);
  CHECK(traced.run.out == "out\n");
  CHECK(traced.run.err.find("err\n") != std::string::npos);
  CHECK(trace_by_ptrace({"cat"}, {}, "a line\n").run.out == "a line\n");
}

TEST_CASE("by ptrace, too, trace exits with 128+N when signal N ends the program") {
  NEEDS_ORDINARY_USER();
  const auto number = GENERATE(int{SIGKILL}, int{SIGTERM}, int{SIGUSR1}, int{SIGTRAP});
  const Traced traced = trace_by_ptrace({target("kill_self"), std::to_string(number)});
  CHECK(traced.trace.problems == Names{});
  CHECK(traced.run.status == 128 + number);
  const auto ends = lines_of(traced.trace, "name", "sched_process_exit");
  REQUIRE(ends.size() == 1);
  CHECK(field(ends[0], "args") == Json{{"signal", number}});
}

TEST_CASE("by ptrace, too, a program that cannot run ends the trace with 126 or 127") {
  NEEDS_ORDINARY_USER();
  TempFolder folder;
  const std::string script = (folder / "script").string();
  std::ofstream(script) << "no first line\n";
  std::filesystem::permissions(script, std::filesystem::perms(0755));
  const Outcome no_format =
      run_command({as_ordinary_user({shmpath(), "trace", "--view", "syscalls", "--", script})});
  CHECK(no_format.status == 126);
  CHECK(no_format.err.find("Exec format error") != std::string::npos);
  std::ofstream(script) << "#!/no/such/interpreter\n";
  const Outcome no_file =
      run_command({as_ordinary_user({shmpath(), "trace", "--view", "syscalls", "--", script})});
  CHECK(no_file.status == 127);
}

TEST_CASE("by ptrace, processes, threads and programs that replace each other are followed") {
  NEEDS_ORDINARY_USER();
  const Traced tree = trace_by_ptrace({target("fork_tree")});
  require_sound(tree);
  CHECK(tree.run.status == 15);
  CHECK(processes_of(tree.trace).size() == 15);
  CHECK(lines_of(tree.trace, "name", "sched_process_fork").size() == 14);
  const Traced first_only = trace_by_ptrace({target("fork_tree")}, {"--no-follow"});
  require_sound(first_only);
  CHECK(first_only.run.status == 15);
  CHECK(processes_of(first_only.trace).size() == 1);
  const Traced vfork = trace_by_ptrace({target("vfork_exec")});
  require_sound(vfork);
  CHECK(vfork.run.status == 7);
  const Traced threads = trace_by_ptrace({target("threads64")}, {"--no-follow"});
  require_sound(threads);
  std::set<int> tids;
  for (const Call& call : threads.trace.calls) tids.insert(call.tid);
  CHECK(tids.size() == 65);
}

TEST_CASE("by ptrace, execve by a thread that is not the first returns, and the trace goes on") {
  NEEDS_ORDINARY_USER();
  const Traced traced = trace_by_ptrace({target("thread_exec")});
  require_sound(traced);
  CHECK(traced.run.out == "executed by a thread\n");
  const int first = find_call(traced.trace, "syscall", "execve");
  const int second = find_call(traced.trace, "syscall", "execve", first + 1);
  REQUIRE(second > first);
  CHECK(traced.trace.calls[static_cast<std::size_t>(second)].ret == 0);
  CHECK(traced.trace.calls.back().name == "exit_group");
}

TEST_CASE("by ptrace, steps are seen in children too, and nobody dies of a breakpoint") {
  NEEDS_ORDINARY_USER();
  const Traced all = trace_by_ptrace({target("steps_and_children")});
  require_sound(all);
  CHECK(all.run.status == 3);
  CHECK(texts_of_steps(all.trace) ==
        Names{"before", "in the child of fork", "in the child of vfork", "after"});
  const Traced first_only = trace_by_ptrace({target("steps_and_children")}, {"--no-follow"});
  require_sound(first_only);
  CHECK(first_only.run.status == 3);
  CHECK(texts_of_steps(first_only.trace) == Names{"before", "after"});
}

TEST_CASE("page faults are counted for each step and each process, and add up") {
  NEEDS_ORDINARY_USER();
  const Traced traced = trace_by_ptrace({target("fault_pages"), "1", "100"});
  require_sound(traced);
  const auto counts = lines_of(traced.trace, "name", "page_faults");
  REQUIRE(counts.size() == 1);
  CHECK(field(counts[0], "layer") == "kernel");
  const Traced more = trace_by_ptrace({target("fault_pages"), "1", "1100"});
  const auto more_counts = lines_of(more.trace, "name", "page_faults");
  REQUIRE(more_counts.size() == 1);
  const int difference = field(field(more_counts[0], "args"), "minor").get<int>() -
                         field(field(counts[0], "args"), "minor").get<int>();
  CHECK(difference >= 990);
  CHECK(difference <= 1010);
}

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
  const pid_t program = pid_after_ready(tracer.output());
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

TEST_CASE("a process that outlives the program goes on when the trace is over") {
  NEEDS_ORDINARY_USER();
  TempFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
  const std::string made = (folder / "made").string();
  const std::string wait_for_it = "(while [ ! -e " + (folder / "go").string() +
                                  " ]; do sleep 0.05; done; touch " + made + ") >/dev/null 2>&1 &";
  const Traced traced = trace_by_ptrace({"sh", "-c", wait_for_it});
  CHECK(traced.run.status == 0);
  std::ofstream(folder / "go") << "";
  CHECK(comes_true([&] { return std::filesystem::exists(made); }));
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
  const pid_t program = pid_after_ready(tracer.output());
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

TEST_CASE("under sudo the program that is traced by ptrace runs as the person") {
  NEEDS_ROOT();
  NEEDS_ORDINARY_USER();
  const Outcome run =
      run_command({{shmpath(), "trace", "--view", "syscalls", "-o", "/dev/null", "--", "id", "-u"},
                   "",
                   false,
                   {{"SUDO_UID", "65534"}, {"SUDO_GID", "65534"}}});
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.out == "65534\n");
}
