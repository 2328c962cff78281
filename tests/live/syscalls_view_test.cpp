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

#include "tests/live/other_process.h"

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

// Starting a program takes some tens of faults more or fewer from run to run: where its parts lie
// and what of its files is in memory decide.
TEST_CASE("a thousand pages more to touch are a thousand page faults more") {
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
  CHECK(difference >= 900);
  CHECK(difference <= 1100);
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
