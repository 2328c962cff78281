// SPDX-License-Identifier: BSD-2-Clause
//
// `shmpath trace` with programs that know nothing of it.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "tests/live/support.h"

using namespace live;
using Names = std::vector<std::string>;

namespace {

std::set<int> processes_of(const Trace& trace) {
  std::set<int> pids;
  for (const Call& call : trace.calls) pids.insert(call.pid);
  return pids;
}

std::map<int, int> calls_of_each_thread(const Trace& trace, std::string_view name) {
  std::map<int, int> count;
  for (const Call& call : trace.calls)
    if (call.layer == "syscall" && call.name == name) ++count[call.tid];
  return count;
}

int count_calls(const Trace& trace, std::string_view name) {
  int total = 0;
  for (const auto& [tid, count] : calls_of_each_thread(trace, name)) total += count;
  return total;
}

const Call& call_at(const Trace& trace, int index) {
  REQUIRE(index >= 0);
  return trace.calls[static_cast<std::size_t>(index)];
}

// The trace is open and its probes are live once the header is there.
bool wait_for_header(const std::filesystem::path& file) {
  for (int tries = 0; tries < 1500; ++tries) {
    if (read_file(file).find('\n') != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

pid_t pid_after_ready(const std::string& output) {
  return static_cast<pid_t>(std::atoi(output.c_str() + output.find("ready ") + 6));
}

bool is_alive(pid_t pid) { return kill(pid, 0) == 0; }

// A POSIX shared memory object made by whatever language: shm_open around openat.
void require_shm_open_around_openat(const Trace& trace, const std::string& path) {
  const int openat = [&] {
    for (int i = find_call(trace, "syscall", "openat"); i >= 0;
         i = find_call(trace, "syscall", "openat", i + 1))
      if (call_at(trace, i).args.value("pathname", Json()) == path) return i;
    return -1;
  }();
  const Call& inner = call_at(trace, openat);
  const Call& outer = call_at(trace, inner.parent);
  CHECK(outer.layer == "user");
  CHECK(outer.name == "shm_open");
  CHECK(outer.first_line < inner.first_line);
  CHECK(inner.last_line < outer.last_line);
  CHECK(outer.ret == inner.ret);
}

}  // namespace

TEST_CASE("trace exits with the status of the program and leaves it its streams") {
  NEEDS_ROOT();
  const auto status = GENERATE(0, 1, 3, 125, 255);
  const Traced traced = trace_command({target("exit_code"), std::to_string(status)});
  require_sound(traced);
  CHECK(traced.run.status == status);
  CHECK(traced.run.out == "out\n");
  CHECK(traced.run.err.find("err\n") != std::string::npos);
  CHECK(traced.trace.summary().value("exit", Json::object()).value("code", Json()) == status);
}

TEST_CASE("trace exits with 128+N when signal N ends the program") {
  NEEDS_ROOT();
  const auto number = GENERATE(int{SIGHUP}, int{SIGKILL}, int{SIGTERM}, int{SIGUSR1});
  const Traced traced = trace_command({target("kill_self"), std::to_string(number)});
  CHECK(traced.trace.problems == Names{});
  CHECK(traced.run.status == 128 + number);
}

TEST_CASE("trace of a program that does not exist exits with 127 and says so") {
  NEEDS_ROOT();
  const Outcome run = run_command({{shmpath(), "trace", "--", "/no/such/program"}});
  CHECK(run.status == 127);
  CHECK(run.err.find("/no/such/program") != std::string::npos);
}

TEST_CASE("trace of a file that is not executable exits with 126 and says so") {
  NEEDS_ROOT();
  TempFolder folder;
  const std::string file = (folder / "plain").string();
  std::ofstream(file) << "no program\n";
  const Outcome run = run_command({{shmpath(), "trace", "--", file}});
  CHECK(run.status == 126);
  CHECK(run.err.find(file) != std::string::npos);
}

TEST_CASE("a traced program reads our standard input") {
  NEEDS_ROOT();
  const Traced traced = trace_command({"cat"}, {}, "a line\n");
  require_sound(traced);
  CHECK(traced.run.out == "a line\n");
}

TEST_CASE("ls prints under trace what it prints alone") {
  NEEDS_ROOT();
  const std::string folder = source_folder().string();
  const Traced traced = trace_command({"ls", folder});
  require_sound(traced);
  CHECK(traced.run.status == 0);
  CHECK(traced.run.out == run_command({{"ls", folder}}).out);
  CHECK(count_calls(traced.trace, "getdents64") >= 2);
}

TEST_CASE("the tree goes to standard error and ends with a line that says complete") {
  NEEDS_ROOT();
  const Outcome run =
      run_command({{shmpath(), "trace", "--color", "never", "--", target("static_shm")}});
  CHECK(run.status == 0);
  CHECK(run.out.empty());
  CHECK(run.err.find("openat") != std::string::npos);
  const auto last = run.err.rfind('\n', run.err.size() - 2);
  CHECK(run.err.substr(last + 1).find("complete") != std::string::npos);
}

TEST_CASE("with -o - the JSON lines go to standard output, header first and summary last") {
  NEEDS_ROOT();
  const Outcome run =
      run_command({{shmpath(), "trace", "--format", "jsonl", "-o", "-", "--", "true"}});
  CHECK(run.status == 0);
  const Trace trace = read_trace(run.out);
  REQUIRE(trace.problems == Names{});
  CHECK(field(trace.header(), "type") == "header");
  CHECK(field(trace.header(), "place") == "host");
  CHECK(field(trace.header(), "command") == Json::array({"true"}));
  CHECK(trace.header().value("probes", Json::object()).value("attached", 0) > 0);
  CHECK(field(trace.summary(), "events") > 0);
  CHECK(field(trace.summary(), "exit") == Json{{"code", 0}});
}

TEST_CASE("the first system call of a trace is the execve of the program, the last its exit") {
  NEEDS_ROOT();
  const Traced traced = trace_command({"true"});
  require_sound(traced);
  REQUIRE_FALSE(traced.trace.calls.empty());
  CHECK(traced.trace.calls.front().name == "execve");
  CHECK(traced.trace.calls.front().ret == 0);
  CHECK(traced.trace.calls.back().name == "exit_group");
}

TEST_CASE("a trace's times never run backwards on a thread, and a duration spans enter to exit") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("fork_tree")});
  require_sound(traced);
  std::map<int, std::uint64_t> last;
  for (const Json& line : traced.trace.lines) {
    if (!line.contains("tid") || !line.contains("t")) continue;
    const auto t = field(line, "t").get<std::uint64_t>();
    CHECK(t >= last[field(line, "tid").get<int>()]);
    last[field(line, "tid").get<int>()] = t;
  }
  for (const Call& call : traced.trace.calls) {
    if (!call.returned) continue;
    const Json& enter = traced.trace.lines[call.first_line];
    const Json& exit = traced.trace.lines[call.last_line];
    CHECK(field(exit, "ns").get<std::uint64_t>() ==
          field(exit, "t").get<std::uint64_t>() - field(enter, "t").get<std::uint64_t>());
  }
}

TEST_CASE("a shell pipeline is followed through its processes") {
  NEEDS_ROOT();
  const Traced traced = trace_command({"sh", "-c", "echo a | tr a b; exit 3"});
  require_sound(traced);
  CHECK(traced.run.out == "b\n");
  CHECK(traced.run.status == 3);
  CHECK(processes_of(traced.trace).size() == 3);
}

TEST_CASE("python's shared memory is shown as shm_open around openat") {
  NEEDS_ROOT();
  NEEDS_PROGRAM(python);
  const std::string program =
      "from multiprocessing import shared_memory\n"
      "m = shared_memory.SharedMemory(name='shmpath-test-python', create=True, size=4096)\n"
      "m.buf[0] = 0x11\n"
      "print(m.size)\n"
      "m.close()\n"
      "m.unlink()\n";
  const Traced traced = trace_command({python, "-c", program});
  require_sound(traced);
  CHECK(traced.run.status == 0);
  CHECK(traced.run.out == "4096\n");
  require_shm_open_around_openat(traced.trace, "/dev/shm/shmpath-test-python");
  CHECK(find_call(traced.trace, "user", "shm_unlink") >= 0);
}

TEST_CASE("a static program's shm_open is found in the program itself") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("static_shm")});
  require_sound(traced);
  CHECK(traced.run.status == 0);
  require_shm_open_around_openat(traced.trace, "/dev/shm/shmpath-test-static");
}

TEST_CASE("each of 64 threads has its own calls") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("threads64")});
  require_sound(traced);
  CHECK(traced.run.out == "64 threads, 0 failed\n");
  CHECK(processes_of(traced.trace).size() == 1);
  const int leader = traced.trace.calls.front().tid;
  auto maps = calls_of_each_thread(traced.trace, "mmap");
  auto unmaps = calls_of_each_thread(traced.trace, "munmap");
  maps.erase(leader);
  unmaps.erase(leader);
  REQUIRE(maps.size() == 64);
  REQUIRE(unmaps.size() == 64);
  for (const auto& [tid, count] : maps) CHECK(count == 3);
  for (const auto& [tid, count] : unmaps) CHECK(count == 3);
}

TEST_CASE("a program that becomes another stays one process") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("exec_other")});
  require_sound(traced);
  CHECK(traced.run.out == "the other program\n");
  CHECK(processes_of(traced.trace).size() == 1);
  CHECK(count_calls(traced.trace, "execve") == 2);
}

TEST_CASE("forks are followed, three levels deep") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("fork_tree")});
  require_sound(traced);
  CHECK(traced.run.status == 15);
  CHECK(processes_of(traced.trace).size() == 15);
  CHECK(count_calls(traced.trace, "exit_group") == 15);
}

TEST_CASE("with --no-follow only the first process is traced") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("fork_tree")}, {"--no-follow"});
  require_sound(traced);
  CHECK(traced.run.status == 15);
  CHECK(processes_of(traced.trace).size() == 1);
  CHECK(count_calls(traced.trace, "exit_group") == 1);
}

TEST_CASE("a vfork child is followed into the program it becomes") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("vfork_exec")});
  require_sound(traced);
  CHECK(traced.run.status == 7);
  CHECK(processes_of(traced.trace).size() == 2);
  CHECK(count_calls(traced.trace, "execve") == 2);
}

TEST_CASE("a child's execve is named, though its name was never mapped there") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("fork_exec")});
  require_sound(traced);
  CHECK(traced.run.status == 0);
  const int first = find_call(traced.trace, "syscall", "execve");
  const Call& second =
      call_at(traced.trace, find_call(traced.trace, "syscall", "execve", first + 1));
  CHECK(second.args["pathname"] == "/bin/true");
}

TEST_CASE("execve by a thread that is not the first returns, and the trace goes on") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("thread_exec")});
  CHECK(traced.run.status == 0);
  CHECK(traced.run.out == "executed by a thread\n");
  REQUIRE(traced.trace.problems == Names{});
  const int first = find_call(traced.trace, "syscall", "execve");
  const Call& second =
      call_at(traced.trace, find_call(traced.trace, "syscall", "execve", first + 1));
  CHECK(second.returned);
  CHECK(second.ret == 0);
  CHECK(call_at(traced.trace, static_cast<int>(traced.trace.calls.size()) - 1).name ==
        "exit_group");
}

TEST_CASE("twenty thousand system calls in a row are all there") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("many_syscalls"), "20000"});
  require_sound(traced);
  CHECK(count_calls(traced.trace, "getppid") == 20000);
}

TEST_CASE("an attached program outlives the tracer, which sums up when interrupted") {
  NEEDS_ROOT();
  const int number = GENERATE(int{SIGINT}, int{SIGTERM});
  TempFolder folder;
  const auto file = folder / "trace.jsonl";
  Process program({{target("spin_until_signal")}, "", true});
  REQUIRE(program.wait_for_output("ready"));

  Process tracer({{shmpath(), "trace", "-p", std::to_string(program.pid()), "--format", "jsonl",
                   "-o", file.string()}});
  REQUIRE(wait_for_header(file));
  program.write_input("x");
  REQUIRE(program.wait_for_output("mapped\n"));
  tracer.send_signal(number);
  const Outcome traced = tracer.finish();
  CAPTURE(number, traced.status, traced.err);
  CHECK_FALSE(traced.timed_out);
  CHECK(traced.status != 125);

  program.write_input("y");
  CHECK(program.wait_for_output("mapped\nmapped\n"));
  const Trace trace = read_trace(read_file(file));
  CHECK(trace.problems == Names{});
  CHECK(field(trace.summary(), "type") == "summary");
  const Call& mapped = call_at(trace, find_call(trace, "syscall", "mmap"));
  CHECK(mapped.tid == program.pid());
}

TEST_CASE("a tracer that is told to end ends its own program and sums up") {
  NEEDS_ROOT();
  const int number = GENERATE(int{SIGINT}, int{SIGTERM});
  adopt_orphans();
  TempFolder folder;
  const auto file = folder / "trace.jsonl";
  Process tracer({{shmpath(), "trace", "--format", "jsonl", "-o", file.string(), "--",
                   target("spin_until_signal")},
                  "",
                  true});
  REQUIRE(tracer.wait_for_output("ready"));
  const pid_t program = pid_after_ready(tracer.output());
  REQUIRE(is_alive(program));
  tracer.send_signal(number);
  const Outcome run = tracer.finish();
  CAPTURE(number, run.err);
  CHECK_FALSE(run.timed_out);
  CHECK(run.status > 128);
  const bool left_alive = is_alive(program);
  if (left_alive) kill(program, SIGKILL);
  CHECK_FALSE(left_alive);
  CHECK(no_child_left());
  const Trace trace = read_trace(read_file(file));
  CHECK(trace.problems == Names{});
  CHECK(field(trace.summary(), "type") == "summary");
}

TEST_CASE("a tracer that is killed leaves nothing in the kernel") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("bpftool");
  TempFolder folder;
  const auto before = bpf_objects();
  Process program({{target("spin_until_signal")}, "", true});
  REQUIRE(program.wait_for_output("ready"));
  Process tracer({{shmpath(), "trace", "-p", std::to_string(program.pid()), "--format", "jsonl",
                   "-o", (folder / "trace.jsonl").string()}});
  REQUIRE(wait_for_header(folder / "trace.jsonl"));
  tracer.send_signal(SIGKILL);
  CHECK(tracer.finish().status == 128 + SIGKILL);
  CHECK(bpf_objects_left(before) == std::set<std::string>{});
}
