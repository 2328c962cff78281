// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/inherited.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>

#include "tracer/files.h"
#include "tracer/place.h"

namespace shmpath {
namespace {

using Words = std::vector<std::string>;

Words split_at_nul(std::string_view text) {
  Words words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string of_process(pid_t pid, const char* what) {
  return read_file(fmt::format("/proc/{}/{}", pid, what)).value_or("");
}

// The words behind `name:` in /proc/PID/status.
std::istringstream status_of(pid_t pid, const std::string& name) {
  const std::string text = "\n" + of_process(pid, "status");
  const std::size_t at = text.find("\n" + name + ":");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return std::istringstream(text.substr(begin, text.find('\n', begin) - begin));
}

std::filesystem::path program_of(pid_t pid) {
  std::error_code gone;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), gone);
}

bool is_sudo_of(pid_t pid, uid_t person) {
  uid_t real = 0, effective = 1;
  status_of(pid, "Uid") >> real >> effective;
  return program_of(pid).filename() == "sudo" && real == person && effective == 0;
}

pid_t parent_of(pid_t pid) {
  pid_t parent = 0;
  status_of(pid, "PPid") >> parent;
  return parent;
}

struct SudoCall {
  pid_t sudo;
  pid_t started;  // by it: us, or the shmpath that started us
};

// With a terminal there are two: the one that was called, and one that watches the terminal.
std::optional<SudoCall> sudo_of(uid_t person) {
  const auto ours = program_of(getpid());
  pid_t started = getpid(), parent = getppid();
  for (; parent > 1 && program_of(parent) == ours; parent = parent_of(parent)) started = parent;
  std::optional<SudoCall> call;
  for (; parent > 1 && is_sudo_of(parent, person); parent = parent_of(parent))
    call = SudoCall{parent, started};
  return call;
}

bool is_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

void set(Words& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const auto& one) { return one.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

// `sudo NAME=value shmpath ...`: what stands there before our own words.
void assign_as_told(Words& environment, const SudoCall& call) {
  const Words told = split_at_nul(of_process(call.sudo, "cmdline"));
  const std::size_t ours = split_at_nul(of_process(call.started, "cmdline")).size();
  std::size_t begin = told.size() - std::min(ours, told.size()), end = begin;
  while (begin > 1 && is_assignment(told[begin - 1])) begin--;
  for (; begin < end; begin++) {
    const std::size_t equals = told[begin].find('=');
    set(environment, told[begin].substr(0, equals), told[begin].substr(equals + 1));
  }
}

// What the kernel put on our stack. Of a program with capabilities of its own (AT_SECURE) the C
// library has taken out what could lead such a program astray, as LD_PRELOAD and TMPDIR.
Words our_environment() {
  Words words;
  if (!getauxval(AT_SECURE)) {
    for (char** one = environ; *one; one++) words.emplace_back(*one);
    return words;
  }
  constexpr int before_start = 47;  // fields of stat between the state and env_start: proc(5)
  const std::string stat = of_process(getpid(), "stat");
  std::istringstream fields(stat.substr(stat.rfind(") ") + 2));
  std::string skipped;
  for (int i = 0; i < before_start; i++) fields >> skipped;
  std::uintptr_t start = 0, end = 0;
  if (fields >> start >> end && start && start < end)
    words = split_at_nul({reinterpret_cast<const char*>(start), end - start});
  return words;
}

// The person as login knows him; who put us into the VM has told the rest already.
void name_the_person(Words& environment, const Identity& who) {
  std::erase_if(environment, [](const auto& one) { return one.starts_with("SUDO_"); });
  const passwd* entry = getpwuid(who.uid);
  if (in_guest() || !entry) return;
  std::erase_if(environment, [](const auto& one) { return one.starts_with("MAIL="); });
  set(environment, "HOME", entry->pw_dir);
  set(environment, "USER", entry->pw_name);
  set(environment, "LOGNAME", entry->pw_name);
  set(environment, "SHELL", entry->pw_shell);
}

// What sudo changes in itself (core files, lest it leaves one; the mask), who called it has still.
void ask_caller(Inherited& inherited, pid_t sudo, uid_t person) {
  const pid_t caller = parent_of(sudo);
  uid_t real = 0, effective = 0;
  status_of(caller, "Uid") >> real >> effective;
  if (real != person || effective != person) return;
  rlimit core{};
  if (prlimit(caller, RLIMIT_CORE, nullptr, &core) == 0) inherited.core = core;
  mode_t mask = 0;
  if (status_of(caller, "Umask") >> std::oct >> mask) inherited.umask = mask;
}

Inherited ask_kernel(const Identity& who) {
  Inherited inherited{our_environment(), {}, {}};
  const auto call = sudo_of(who.uid);
  if (!call) {
    name_the_person(inherited.environment, who);
    return inherited;
  }
  inherited.environment = split_at_nul(of_process(call->sudo, "environ"));
  assign_as_told(inherited.environment, *call);
  ask_caller(inherited, call->sudo, who.uid);
  return inherited;
}

}  // namespace

Inherited inherited_by(const Identity& who) {
  if (!who.changes) return {our_environment(), {}, {}};
  static const Inherited of_person = ask_kernel(who);
  return of_person;
}

void become_invoking_user() {
  const Identity who = invoking_user();
  if (!who.changes) return;
  const Inherited inherited = inherited_by(who);
  take_over(inherited);
  if (!become(who)) throw std::system_error(errno, std::generic_category(), "setresuid");
  clearenv();
  for (const std::string& one : inherited.environment) {
    const std::size_t equals = one.find('=');
    if (equals != std::string::npos)
      setenv(one.substr(0, equals).c_str(), one.c_str() + equals + 1, 1);
  }
}

std::optional<std::string> variable(const Words& environment, const std::string& name) {
  for (const std::string& one : environment)
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
  return std::nullopt;
}

void take_over(const Inherited& inherited) {
  if (inherited.umask) umask(*inherited.umask);
  // in a container root may not be allowed to raise it again
  if (inherited.core) setrlimit(RLIMIT_CORE, &*inherited.core);
}

const InheritedSignals& InheritedSignals::at_start() {
  static const InheritedSignals state;
  return state;
}

InheritedSignals::InheritedSignals() {
  sigprocmask(SIG_SETMASK, nullptr, &blocked_);
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction now {};
    ignored_[static_cast<std::size_t>(signal)] =
        sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  }
}

void InheritedSignals::restore() const {
  for (int signal = 1; signal < NSIG; signal++)
    if (signal != SIGKILL && signal != SIGSTOP)
      std::signal(signal, ignored_[static_cast<std::size_t>(signal)] ? SIG_IGN : SIG_DFL);
  sigprocmask(SIG_SETMASK, &blocked_, nullptr);
}

}  // namespace shmpath
