// SPDX-License-Identifier: BSD-2-Clause
#include "tests/live/support.h"
#include "tests/paths.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

namespace live {
namespace fs = std::filesystem;

std::string shmpath() {
  const char* other = std::getenv("SHMPATH");
  return other != nullptr ? other : shmpath_bin;
}

std::string target(std::string_view name) { return (fs::path(targets_dir) / name).string(); }
fs::path labs_folder() { return labs_dir; }
fs::path source_folder() { return source_dir; }

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "shmpath-test-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
  fs::permissions(path_, fs::perms(0755));
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool has_program(const std::string& name) {
  return run_command({{"sh", "-c", "command -v \"$1\"", "sh", name}}).status == 0;
}

namespace {

using Change = std::vector<std::string> (*)(std::vector<std::string>);

Traced trace_as(Change user, std::vector<std::string> command, std::vector<std::string> options,
                std::string input) {
  TempFolder folder;
  fs::permissions(folder.path(), fs::perms(0777));
  const fs::path file = folder / "trace.jsonl";
  Command whole{{shmpath(), "trace", "--format", "jsonl", "-o", file.string()}};
  whole.argv.insert(whole.argv.end(), options.begin(), options.end());
  whole.argv.push_back("--");
  whole.argv.insert(whole.argv.end(), command.begin(), command.end());
  whole.argv = user(std::move(whole.argv));
  whole.input = std::move(input);
  Traced traced;
  traced.run = run_command(std::move(whole));
  traced.trace = read_trace(read_file(file));
  return traced;
}

}  // namespace

Traced trace_command(std::vector<std::string> command, std::vector<std::string> options,
                     std::string input) {
  const Change nobody_else = [](std::vector<std::string> argv) { return argv; };
  return trace_as(nobody_else, std::move(command), std::move(options), std::move(input));
}

Traced trace_by_ptrace(std::vector<std::string> command, std::vector<std::string> options,
                       std::string input) {
  options.insert(options.begin(), {"--view", "syscalls"});
  return trace_as(&as_ordinary_user, std::move(command), std::move(options), std::move(input));
}

std::vector<std::string> as_ordinary_user(std::vector<std::string> command) {
  if (geteuid() == 0)
    command.insert(command.begin(),
                   {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"});
  return command;
}

std::string why_no_ordinary_user() {
  if (!has_program("setpriv")) return "needs setpriv";
  return run_command({as_ordinary_user({shmpath(), "--version"})}).status == 0
             ? ""
             : "needs a folder in which every user may run programs";
}

void require_sound(const Traced& traced) {
  CAPTURE(traced.run.status, traced.run.err);
  REQUIRE_FALSE(traced.run.timed_out);
  REQUIRE(traced.trace.problems == std::vector<std::string>{});
  CHECK(field(traced.trace.summary(), "lost") == 0);
  CHECK(field(traced.trace.summary(), "unmatched") == 0);
  for (const Json& line : traced.trace.lines) CHECK(field(line, "type") != "lost");
}

std::set<std::string> bpf_objects() {
  std::set<std::string> names;
  for (const char* kind : {"prog", "link", "map"}) {
    const Outcome shown = run_command({{"bpftool", "-j", kind, "show"}});
    const Json list = Json::parse(shown.out, nullptr, false);
    for (const Json& object : list.is_array() ? list : Json::array())
      if (!object.contains("pids"))  // held by no process: with one, it is in use, not left
        names.insert(std::string(kind) + " " + object.value("id", Json()).dump() + " " +
                     object.value("name", ""));
  }
  // Uprobes made the old way stand in this file until somebody removes them.
  std::istringstream events(read_file("/sys/kernel/tracing/uprobe_events"));
  for (std::string line; std::getline(events, line);) names.insert("uprobe " + line);
  return names;
}

std::set<std::string> bpf_objects_left(const std::set<std::string>& before) {
  std::set<std::string> left;
  for (int tries = 0; tries < 50; ++tries) {
    left.clear();
    for (const std::string& name : bpf_objects())
      if (!before.contains(name)) left.insert(name);
    if (left.empty()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return left;
}

std::set<std::string> shared_objects() {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator("/dev/shm")) names.insert(entry.path().string());
  for (const char* kind : {"shm", "sem", "msg"}) {
    std::istringstream table(read_file(std::string("/proc/sysvipc/") + kind));
    std::string key, id;
    for (std::string line; std::getline(table, line);)
      if (std::istringstream(line) >> key >> id && key != "key")
        names.insert(std::string(kind) + " " + key + " " + id);
  }
  return names;
}

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

bool no_child_left() {
  for (int tries = 0; tries < 50; ++tries) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (waitpid(-1, nullptr, WNOHANG) < 0) return true;  // ECHILD
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void say_skipped(const std::string& reason) {
  const std::string line = Catch::getResultCapture().getCurrentTestName() + ": " + reason;
  std::cout << "shmpath test skipped: " << line << std::endl;
  if (const char* log = std::getenv("SHMPATH_SKIP_LOG"))
    std::ofstream(log, std::ios::app) << line << '\n';
  SUCCEED("skipped");
}

std::string why_not_root() { return geteuid() == 0 ? "" : "loads BPF programs: run it as root"; }

}  // namespace live
