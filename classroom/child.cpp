// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/child.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <thread>

#include "tracer/argv.h"
#include "tracer/failure.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

using namespace std::chrono_literals;

// Ours may be what a stream is to become, so all three are moved out of the way first.
void set_streams(const ChildPlan& plan) {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  int streams[] = {plan.in, plan.out, plan.error};
  for (int& stream : streams)
    stream = fcntl(stream < 0 ? nothing : stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  for (int i = 0; i < 3; i++) dup2(streams[i], i);
}

// Descriptors of others may lie open without the flag that closes them.
void keep_only(const std::vector<int>& keep) {
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : keep) fcntl(fd, F_SETFD, 0);
}

void default_signals() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD})
    std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The parent of each process that there is now.
std::map<pid_t, pid_t> parents() {
  struct Close {
    void operator()(DIR* folder) const { closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> processes(opendir("/proc"));
  std::map<pid_t, pid_t> parents;
  while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    const std::size_t name_end = stat ? stat->rfind(") ") : std::string::npos;
    if (name_end == std::string::npos) continue;
    if ((*stat)[name_end + 2] == 'Z') continue;  // has ended
    parents[pid] = static_cast<pid_t>(std::strtol(stat->c_str() + name_end + 4, nullptr, 10));
  }
  return parents;
}

}  // namespace

void become_child(const ChildPlan& plan) {
  const auto words = pointers_to(plan.words), environment = pointers_to(plan.environment);
  try {
    setpgid(0, 0);
    default_signals();
    set_streams(plan);
    keep_only(plan.keep);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (plan.before_exec) plan.before_exec();
    prctl(PR_SET_PDEATHSIG, plan.when_alone);  // after that: a change of ids drops it
    if (plan.folder.empty() || chdir(plan.folder.c_str()) == 0)
      execve(words[0], words.data(), environment.data());
    dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerrordesc_np(errno));
  } catch (const std::exception& error) {
    dprintf(STDERR_FILENO, "%s\n", error.what());
  }
  _exit(exit_not_found);
}

pid_t start_child(const ChildPlan& plan) {
  const pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) become_child(plan);
  setpgid(pid, pid);  // whoever of us two is first
  return pid;
}

std::vector<pid_t> descendants(const std::vector<pid_t>& but) {
  const auto parent_of = parents();
  std::set<pid_t> ours{getpid()};
  for (bool more = true; more;) {
    more = false;
    for (const auto& [pid, parent] : parent_of)
      if (ours.contains(parent) && ours.insert(pid).second) more = true;
  }
  ours.erase(getpid());
  std::vector<pid_t> found;
  for (const pid_t pid : ours)
    if (std::ranges::find(but, pid) == but.end()) found.push_back(pid);
  return found;
}

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

bool kill_descendants(const std::vector<pid_t>& but) {
  const auto limit = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < limit) {
    const auto there = descendants(but);
    if (there.empty()) return true;
    for (const int signal : {SIGSTOP, SIGKILL})  // a stopped one starts no other meanwhile
      for (const pid_t pid : there) kill(pid, signal);
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

}  // namespace shmpath
