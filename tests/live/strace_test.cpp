// SPDX-License-Identifier: BSD-2-Clause
//
// The system calls of a trace are those that strace lists for the same program: names and
// results, in order, thread by thread.
//
// Two comparisons. In the first, strace and shmpath watch one and the same run, so everything
// must be equal, down to addresses and process ids. In the second they watch two runs, which is
// what shows that shmpath sees the same alone; there, what two runs of a program do not share is
// put aside, and named below.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "tests/live/strace_lists.h"

using namespace live;

namespace {

bool makes_thread(const Entry& entry) {
  static const std::set<std::string> names{"clone", "clone3", "fork", "vfork"};
  return names.contains(entry.name);
}

void add_family(const Threads& threads, int tid, const std::string& place, Family& family) {
  const auto found = threads.find(tid);
  if (found == threads.end()) return;
  family[place] = found->second;
  int children = 0;
  for (const Entry& entry : found->second)
    if (const int child = std::atoi(entry.result.c_str()); makes_thread(entry) && child > 0)
      add_family(threads, child, place + "." + std::to_string(children++), family);
}

// The thread that no other made.
int first_thread(const Threads& threads) {
  std::set<int> made;
  for (const auto& [tid, thread] : threads)
    for (const Entry& entry : thread)
      if (makes_thread(entry)) made.insert(std::atoi(entry.result.c_str()));
  for (const auto& [tid, thread] : threads)
    if (!made.contains(tid)) return tid;
  return 0;
}

// Two runs share neither addresses (the kernel places the program, its heap and its maps anew
// each time) nor the ids of processes and threads.
const char* kind_that_differs(const std::string& name) {
  static const std::set<std::string> addresses{"mmap", "mremap", "brk", "shmat"};
  static const std::set<std::string> ids{
      "clone",   "clone3",          "fork",    "vfork",   "getpid", "gettid", "wait4", "waitid",
      "getppid", "set_tid_address", "getpgrp", "getpgid", "getsid"};
  if (addresses.contains(name)) return "ADDRESS";
  if (ids.contains(name)) return "ID";
  return nullptr;
}

// Nor do they share what depends on who came first: whether a thread had to wait (futex), and
// where among the others a signal's handler ended (rt_sigreturn; its result is whatever the
// interrupted call left behind).
bool depends_on_scheduling(const std::string& name) {
  return name == "futex" || name == "rt_sigreturn";
}

Family comparable(const Threads& threads) {
  Family family;
  add_family(threads, first_thread(threads), "0", family);
  for (auto& [place, thread] : family) {
    std::erase_if(thread, [](const Entry& entry) { return depends_on_scheduling(entry.name); });
    for (Entry& entry : thread)
      if (const char* kind = kind_that_differs(entry.name);
          kind && std::atoll(entry.result.c_str()) != 0)
        entry.result = kind;
  }
  return family;
}

std::vector<std::string> strace_command(const TempFolder& folder,
                                        const std::vector<std::string>& command) {
  std::vector<std::string> argv{"strace",      "-ff",     "-qq",
                                "-e",          "raw=all", "-e",
                                "signal=none", "-o",      (folder / "strace").string(),
                                "--"};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

template <typename Threads>
std::string first_difference(const Threads& expected, const Threads& seen) {
  std::ostringstream text;
  for (const auto& [key, thread] : expected) {
    const auto found = seen.find(key);
    if (found == seen.end()) {
      text << "thread " << key << " (" << thread.size() << " calls) is not in the trace";
      return text.str();
    }
    const auto at =
        std::mismatch(thread.begin(), thread.end(), found->second.begin(), found->second.end());
    if (at.first == thread.end() && at.second == found->second.end()) continue;
    text << "thread " << key << ", call " << at.first - thread.begin() << ": strace has ";
    at.first == thread.end() ? text << "no more" : text << *at.first;
    text << ", shmpath has ";
    at.second == found->second.end() ? text << "no more" : text << *at.second;
    return text.str();
  }
  for (const auto& [key, thread] : seen)
    if (!expected.contains(key)) {
      text << "thread " << key << " (" << thread.size() << " calls) is in the trace only";
      return text.str();
    }
  return "";
}

struct Program {
  const char* name;
  std::vector<std::string> command;
};

std::vector<Program> programs() {
  return {{"true", {"true"}},
          {"ls", {"ls", "-l", (source_folder() / "labs").string()}},
          {"a pipeline", {"sh", "-c", "echo a | cat"}},
          {"a static program", {"busybox", "echo", "hello"}},
          {"static_shm", {target("static_shm")}},
          {"threads64", {target("threads64")}},
          {"exec_other", {target("exec_other")}},
          {"fork_tree", {target("fork_tree")}},
          {"vfork_exec", {target("vfork_exec")}},
          {"nonresident", {target("nonresident")}},
          {"python", {python, "-S", "-c", "print(1)"}}};
}

// strace gives up the first thread's call when another thread calls execve, so these two can be
// compared only where a futex is put aside.
std::vector<Program> programs_of_two_runs() {
  auto all = programs();
  all.push_back({"thread_exec", {target("thread_exec")}});
  return all;
}

// Two runs can still differ by who came first (a pipe read in one piece or in two). Such a
// difference comes and goes; one that the tracer makes stays.
template <typename User, typename Tracer>
void require_same_in_two_runs(const Program& program, User user, Tracer tracer) {
  std::string difference;
  for (int tries = 0; tries < 5; ++tries) {
    TempFolder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
    const Outcome strace = run_command({user(strace_command(folder, program.command))});
    const Traced traced = tracer(program.command);
    CHECK(traced.run.status == strace.status);
    CHECK(traced.run.out == strace.out);
    CHECK(traced.trace.problems == std::vector<std::string>{});
    difference = first_difference(comparable(strace_threads(folder)),
                                  comparable(shmpath_threads(traced.trace)));
    if (difference.empty()) break;
  }
  CAPTURE(program.name);
  CHECK(difference == "");
}

}  // namespace

TEST_CASE("in one run watched by both, strace and shmpath list the same system calls") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("strace");
  NEEDS_PROGRAM("busybox");
  NEEDS_PROGRAM(python);
  auto all = programs();
  all.push_back({"python shared memory",
                 {python, "-c",
                  "from multiprocessing import shared_memory as s\n"
                  "m = s.SharedMemory(name='shmpath-test-strace', create=True, size=4096)\n"
                  "m.close()\n"
                  "m.unlink()\n"}});
  for (const Program& program : all) {
    CAPTURE(program.name);
    TempFolder folder;
    const Traced traced = trace_command(strace_command(folder, program.command));
    CHECK(traced.run.status != 125);
    CHECK(traced.trace.problems == std::vector<std::string>{});
    CHECK(traced.trace.summary().value("lost", -1) == 0);

    const Threads expected = strace_threads(folder);
    REQUIRE_FALSE(expected.empty());
    Threads seen = shmpath_threads(traced.trace);
    // strace is traced as well: put it aside, and what its child does before it is the program.
    std::erase_if(seen, [&](const auto& thread) { return !expected.contains(thread.first); });
    const int first = first_thread(expected);
    REQUIRE_FALSE(expected.at(first).empty());
    Thread& thread = seen[first];
    thread.erase(thread.begin(),
                 std::find(thread.begin(), thread.end(), expected.at(first).front()));
    CHECK(first_difference(expected, seen) == "");
  }
}

TEST_CASE("in two runs, strace and shmpath list the same system calls") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("strace");
  NEEDS_PROGRAM("busybox");
  NEEDS_PROGRAM(python);
  const auto as_we_are = [](std::vector<std::string> command) { return command; };
  for (const Program& program : programs_of_two_runs())
    require_same_in_two_runs(program, as_we_are, [](std::vector<std::string> command) {
      return trace_command(std::move(command));
    });
}

TEST_CASE("in two runs of an ordinary user's, strace and the syscalls view list the same") {
  NEEDS_ORDINARY_USER();
  NEEDS_PROGRAM("strace");
  NEEDS_PROGRAM("busybox");
  NEEDS_PROGRAM(python);
  for (const Program& program : programs_of_two_runs())
    require_same_in_two_runs(program, &as_ordinary_user, [](std::vector<std::string> command) {
      return trace_by_ptrace(std::move(command));
    });
}

TEST_CASE("the comparison with strace notices a call that is missing, added or changed") {
  const Threads expected{{1, {{"openat", "3"}, {"close", "0"}}}};
  CHECK(first_difference(expected, Threads{{1, {{"openat", "3"}, {"close", "0"}}}}) == "");
  CHECK(first_difference(expected, Threads{{1, {{"openat", "3"}}}}) != "");
  CHECK(first_difference(expected,
                         Threads{{1, {{"openat", "3"}, {"close", "0"}, {"read", "1"}}}}) != "");
  CHECK(first_difference(expected, Threads{{1, {{"openat", "ENOENT"}, {"close", "0"}}}}) != "");
  CHECK(first_difference(expected, Threads{}) != "");
  CHECK(first_difference(Threads{}, expected) != "");
}

TEST_CASE("a line of strace is read as a name and a result") {
  CHECK(entry_of_strace("close(0x3)                              = 0") == Entry{"close", "0"});
  CHECK(entry_of_strace("clone(0x1200011, 0) = 0xf6e") == Entry{"clone", "3950"});
  CHECK(entry_of_strace("openat(0xffffff9c, 0x1) = -1 EFAULT (Bad address)") ==
        Entry{"openat", "EFAULT"});
  CHECK(entry_of_strace("exit_group(0)                           = ?") == Entry{"exit_group", "?"});
  CHECK(
      entry_of_strace("read(0, 0x1, 0x1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)") ==
      Entry{"read", "ERESTARTSYS"});
}
