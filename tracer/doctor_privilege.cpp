// SPDX-License-Identifier: BSD-2-Clause
//
// Who we are, and what stands between us and the kernel.
#include <fmt/format.h>

#include "tracer/doctor.h"

namespace shmpath {
namespace {

constexpr const char* group = "privilege";
constexpr const char* first_user_namespace = "user:[4026531837]";  // PROC_USER_INIT_INO
constexpr const char* first_pid_namespace = "pid:[4026531836]";    // PROC_PID_INIT_INO
constexpr unsigned sys_admin = 21;
constexpr const char* be_root = "run shmpath with sudo";

struct Capability {
  const char* name;
  unsigned number;
  bool in_sys_admin;  // CAP_SYS_ADMIN has it too
  const char* cost;
};
// include/uapi/linux/capability.h
constexpr Capability capabilities[] = {
    {"CAP_BPF", 39, true, "no BPF program: neither the functions nor the tracepoints view here"},
    {"CAP_PERFMON", 38, true,
     "no BPF program that traces: neither the functions nor the tracepoints view here"},
    {"CAP_SYS_ADMIN", sys_admin, true,
     "frame numbers (pfn) stay hidden, and the claims that compare them are not checked"},
    {"CAP_SYSLOG", 34, false, "the kernel's functions have no names and are not probed"},
    {"CAP_SYS_PTRACE", 19, false, "-p traces your own processes only"},
};

bool in_namespace(const Line& found, const char* first) { return found && *found != first; }

Check capability(const ProcessFacts& process, const Capability& wanted) {
  Check check{group, wanted.name};
  if (!process.capabilities) {
    check.state = State::unknown;
    check.found = "/proc/self/status does not say";
    return check;
  }
  auto has = [&](unsigned number) { return (*process.capabilities >> number & 1) != 0; };
  const bool held = has(wanted.number) || (wanted.in_sys_admin && has(sys_admin));
  const bool apart = in_namespace(process.user_namespace, first_user_namespace);
  check.found = held ? "in effect" : "not in effect";
  if (held && apart) check.found = "in effect in this user namespace only";
  if (held && !apart) return check;
  check.state = State::missing;
  check.cost = wanted.cost;
  check.remedy = process.root ? "run shmpath outside this container, or give it --cap-add " +
                                    std::string(wanted.name)
                              : be_root;
  if (held) check.remedy = "run shmpath outside the user namespace, with sudo";
  return check;
}

Check root(const ProcessFacts& process) {
  if (process.root && !in_namespace(process.user_namespace, first_user_namespace))
    return {group, "root", State::ok, "yes"};
  return {group,
          "root",
          State::limited,
          process.root ? "in a user namespace only" : "no",
          "without the capabilities below, system calls only",
          process.root ? "run shmpath outside the user namespace, with sudo" : be_root};
}

Check file_capabilities(const ProcessFacts& process) {
  if (process.file_capabilities) return {group, "file capabilities", State::ok, "set"};
  if (process.root) return {group, "file capabilities", State::ok, "none, and root needs none"};
  return {group,
          "file capabilities",
          State::missing,
          "none",
          "an ordinary user traces system calls only, on the host",
          fmt::format("sudo setcap cap_bpf,cap_perfmon,cap_syslog+ep {}", process.program)};
}

Check pid_namespace(const ProcessFacts& process) {
  const std::string name = "pid namespace";
  if (!process.pid_namespace)
    return {group,
            name,
            State::unknown,
            "/proc/self/ns/pid cannot be read",
            "in a container's, BPF cannot tell its processes",
            "mount -t proc proc /proc"};
  if (*process.pid_namespace == first_pid_namespace) return {group, name, State::ok, "the first"};
  return {group,
          name,
          State::missing,
          "a container's",
          "process ids are not the kernel's own: neither the functions nor the tracepoints view "
          "here",
          "run shmpath outside the container, or give it the host's: docker run --pid=host"};
}

Check user_namespace(const ProcessFacts& process) {
  const std::string name = "user namespace";
  if (!process.user_namespace)
    return {group,
            name,
            State::unknown,
            "/proc/self/ns/user cannot be read",
            "in a container's, root has no rights over the kernel",
            "mount -t proc proc /proc"};
  if (*process.user_namespace == first_user_namespace) return {group, name, State::ok, "the first"};
  return {group,
          name,
          State::missing,
          "a container's",
          "root here has no rights over the kernel: neither the functions nor the tracepoints "
          "view",
          "run shmpath outside it, with sudo (a rootless container cannot have these rights)"};
}

Check seccomp(const ProcessFacts& process) {
  if (!process.seccomp) return {group, "seccomp", State::unknown, "/proc/self/status does not say"};
  if (*process.seccomp == 0) return {group, "seccomp", State::ok, "no filter"};
  return {group,
          "seccomp",
          State::limited,
          "a filter is active",
          "it may refuse bpf, perf_event_open or ptrace: the attempts below say which",
          "docker run --security-opt seccomp=unconfined"};
}

Check container(const Facts& facts) {
  if (facts.kernel.container.empty()) return {group, "container", State::ok, "no sign of one"};
  return {group,
          "container",
          State::limited,
          facts.kernel.container,
          "only programs on this container's C library have their library calls shown",
          "run shmpath on the host, or docker run --privileged --pid=host"};
}

Check locked_memory(const Facts& facts) {
  const auto& bytes = facts.process.locked_bytes;
  if (!bytes) return {group, "locked memory", State::unknown, "getrlimit does not say"};
  const std::string limit =
      *bytes == ~std::uint64_t{0} ? "no limit" : fmt::format("{} KiB", *bytes / 1024);
  const Attempt& ring = facts.attempts.ring;
  const bool fits = ring && ring->empty();
  if (*bytes == ~std::uint64_t{0} || fits)
    return {group, "locked memory", State::ok, limit + (fits ? ", and the ring fits" : "")};
  if (facts.attempts.raw_tracepoint != "")  // then the ring is not refused for its size
    return {group, "locked memory", State::unknown, limit + "; BPF is refused in any case"};
  return {group,
          "locked memory",
          State::limited,
          limit,
          "before Linux 5.11 the ring of 32 MiB counts against it",
          "ulimit -l unlimited, as root; or --buffer with less"};
}

}  // namespace

void judge_privilege(const Facts& facts, Checks& checks) {
  checks.push_back(root(facts.process));
  for (const Capability& wanted : capabilities) checks.push_back(capability(facts.process, wanted));
  checks.push_back(file_capabilities(facts.process));
  checks.push_back(user_namespace(facts.process));
  checks.push_back(pid_namespace(facts.process));
  checks.push_back(container(facts));
  checks.push_back(seccomp(facts.process));
  checks.push_back(locked_memory(facts));
}

}  // namespace shmpath
