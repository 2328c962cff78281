// SPDX-License-Identifier: BSD-2-Clause
//
// Prints everything that a process inherits from who starts it, one fact a line: `name value`.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

template <typename Value>
void fact(const std::string& name, const Value& value) {
  std::cout << name << ' ' << value << '\n';
}

std::string link_of(const std::string& path) {
  std::array<char, 4096> text{};
  const ssize_t length = readlink(path.c_str(), text.data(), text.size());
  return length < 0 ? "?" : std::string(text.data(), static_cast<std::size_t>(length));
}

std::vector<std::string> names_in(const char* folder) {
  std::vector<std::string> names;
  DIR* open = opendir(folder);
  const std::string own = std::to_string(dirfd(open));  // is no fact about who started us
  while (const dirent* entry = readdir(open))
    if (entry->d_name[0] != '.' && entry->d_name != own) names.emplace_back(entry->d_name);
  closedir(open);
  std::sort(names.begin(), names.end());
  return names;
}

// Ids, capabilities, signals and more. The rest says who we are, or how large.
void status() {
  const std::vector<std::string> wanted = {
      "Umask:",      "Uid:",         "Gid:",          "SigPnd:",       "ShdPnd:",
      "SigBlk:",     "SigIgn:",      "SigCgt:",       "CapInh:",       "CapPrm:",
      "CapEff:",     "CapBnd:",      "CapAmb:",       "TracerPid:",    "Seccomp:",
      "NoNewPrivs:", "THP_enabled:", "Cpus_allowed:", "Mems_allowed:", "Speculation_Store_Bypass:"};
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    for (const std::string& start : wanted)
      if (line.starts_with(start)) std::cout << line << '\n';
}

void groups() {
  std::array<gid_t, 1024> list{};
  const int count = getgroups(list.size(), list.data());
  std::sort(list.begin(), list.begin() + count);
  std::string text;
  for (int i = 0; i < count; i++) text += std::to_string(list[i]) + ' ';
  fact("groups", text);
}

void limits() {
  std::ifstream file("/proc/self/limits");
  for (std::string line; std::getline(file, line);) fact("limit", line);
}

void process_state() {
  fact("securebits", prctl(PR_GET_SECUREBITS));
  fact("keepcaps", prctl(PR_GET_KEEPCAPS));
  fact("dumpable", prctl(PR_GET_DUMPABLE));
  int number = 0;
  prctl(PR_GET_PDEATHSIG, &number);
  fact("pdeathsig", number);
  prctl(PR_GET_CHILD_SUBREAPER, &number);
  fact("subreaper", number);
  fact("timerslack", prctl(PR_GET_TIMERSLACK));
  fact("personality", personality(0xffffffff));
  fact("at_secure", getauxval(AT_SECURE));
  itimerval timer{};
  getitimer(ITIMER_REAL, &timer);
  fact("timer", timer.it_value.tv_sec || timer.it_value.tv_usec);
}

void scheduling() {
  fact("nice", getpriority(PRIO_PROCESS, 0));
  fact("scheduler", sched_getscheduler(0));
  sched_param how{};
  sched_getparam(0, &how);
  fact("priority", how.sched_priority);
  fact("ioprio", syscall(SYS_ioprio_get, 1, 0));
}

void terminal() {
  const int tty = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  fact("terminal", tty >= 0);
  fact("foreground", tty >= 0 && tcgetpgrp(tty) == getpgrp());
  if (tty >= 0) close(tty);
  fact("leads_session", getsid(0) == getpid());
  fact("parents_session", getsid(0) == getsid(getppid()));
  fact("parents_group", getpgrp() == getpgid(getppid()));
}

void descriptors() {
  for (const std::string& name : names_in("/proc/self/fd"))
    fact("descriptor " + name, link_of("/proc/self/fd/" + name));
}

}  // namespace

int main(int argc, char** argv) {
  descriptors();  // before we open any
  for (int i = 0; i < argc; i++) fact("argument", argv[i]);
  for (char** variable = environ; *variable; variable++) fact("environment", *variable);
  status();
  groups();
  limits();
  process_state();
  scheduling();
  terminal();
  fact("folder", link_of("/proc/self/cwd"));
  fact("root", link_of("/proc/self/root"));
  for (const std::string& name : names_in("/proc/self/ns"))
    fact("namespace " + name, link_of("/proc/self/ns/" + name));
  for (const char* name : {"oom_score_adj", "cgroup", "loginuid", "sessionid"}) {
    std::ifstream file(std::string("/proc/self/") + name);
    for (std::string line; std::getline(file, line);) fact(name, line);
  }
}
