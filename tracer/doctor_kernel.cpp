// SPDX-License-Identifier: BSD-2-Clause
//
// How the kernel was built and set.
#include <fmt/format.h>

#include "tracer/doctor.h"

namespace shmpath {
namespace {

constexpr const char* group = "kernel";
constexpr std::uint64_t perfmon_or_admin = 1ULL << 38 | 1ULL << 21, sys_ptrace = 1ULL << 19;

bool has_any(const Facts& facts, std::uint64_t capabilities) {
  return (facts.process.capabilities.value_or(0) & capabilities) != 0;
}

// Without its folder nobody can tell; with it, what is absent is not in this kernel.
Check absent(const std::string& name, bool folder, const std::string& mount, Check check) {
  if (folder) return check;
  return {group, name, State::unknown, "cannot be read", check.cost, mount};
}
constexpr const char* mount_proc = "mount -t proc proc /proc";
constexpr const char* mount_sys = "mount -t sysfs sysfs /sys";

Check machine(const Facts& facts) {
  const std::string found =
      fmt::format("Linux {} on {}", facts.kernel.release, facts.kernel.machine);
  if (facts.kernel.machine == "x86_64") return {group, "machine", State::ok, found};
  return {group,
          "machine",
          State::missing,
          found,
          "shmpath knows the registers and system calls of x86-64 only",
          "use a machine, or an emulated one, of x86-64; replay works anywhere"};
}

Check types(const Facts& facts) {
  if (facts.kernel.btf) return {group, "BTF", State::ok, "/sys/kernel/btf/vmlinux"};
  return absent(
      "BTF", facts.kernel.sys, mount_sys,
      {group, "BTF", State::missing, "this kernel has none, or it cannot be read",
       "neither the functions nor the tracepoints view here",
       "boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as distributions' are; or --place vm"});
}

Check lockdown(const Facts& facts) {
  const Line& found = facts.kernel.lockdown;
  if (!found)
    return {group,
            "lockdown",
            State::unknown,
            "securityfs is not mounted, or has no lockdown",
            "at the level confidentiality BPF may not read the kernel's memory",
            "mount -t securityfs securityfs /sys/kernel/security"};
  if (found->find("[confidentiality]") == std::string::npos)
    return {group, "lockdown", State::ok, *found};
  return {group,
          "lockdown",
          State::missing,
          *found,
          "BPF may not read the kernel's memory: neither the functions nor the tracepoints view "
          "here",
          "boot without lockdown=confidentiality; or --place vm"};
}

Check names(const Facts& facts) {
  const auto& shown = facts.kernel.addresses_shown;
  if (shown.value_or(false)) return {group, "kallsyms", State::ok, "addresses are shown"};
  return absent("kallsyms", facts.kernel.proc && shown, mount_proc,
                {group, "kallsyms", State::missing, "addresses are hidden",
                 "the kernel's functions have no names and are not probed",
                 "run shmpath with sudo; sysctl kernel.kptr_restrict=1"});
}

Check pointers(const Facts& facts) {
  const Line& found = facts.kernel.kptr_restrict;
  if (!found) return {group, "kptr_restrict", State::unknown, "cannot be read", "", mount_proc};
  if (*found == "0" || *found == "1") return {group, "kptr_restrict", State::ok, *found};
  return {group,
          "kptr_restrict",
          State::missing,
          *found,
          "the kernel's functions have no names and are not probed, for root too",
          "sysctl kernel.kptr_restrict=1"};
}

Check perf(const Facts& facts) {
  const Line& found = facts.kernel.perf_event_paranoid;
  const std::string name = "perf_event_paranoid";
  if (!found)
    return absent(name, facts.kernel.proc, mount_proc,
                  {group, name, State::missing, "this kernel has no perf events",
                   "calls of the C library and the labs' steps are not seen",
                   "boot a kernel with CONFIG_PERF_EVENTS=y"});
  if (has_any(facts, perfmon_or_admin))
    return {group, name, State::ok, *found + ", which CAP_PERFMON is above"};
  if (*found == "-1" || *found == "0" || *found == "1") return {group, name, State::ok, *found};
  return {group,
          name,
          State::limited,
          *found,
          "nothing beyond what CAP_PERFMON costs",
          "run shmpath with sudo"};
}

Check bpf_for_all(const Facts& facts) {
  const Line& found = facts.kernel.unprivileged_bpf_disabled;
  const std::string name = "unprivileged_bpf_disabled";
  if (found)
    return {group, name, State::ok, *found + "; shmpath's programs need CAP_BPF in any case"};
  return absent(name, facts.kernel.proc, mount_proc,
                {group, name, State::missing, "this kernel has no bpf()",
                 "neither the functions nor the tracepoints view here",
                 "boot a kernel with CONFIG_BPF_SYSCALL=y; or --place vm"});
}

Check yama(const Facts& facts) {
  const Line& found = facts.kernel.ptrace_scope;
  const std::string name = "ptrace_scope";
  if (!found)
    return absent(name, facts.kernel.proc, mount_proc,
                  {group, name, State::ok, "no Yama in this kernel"});
  if (*found == "0") return {group, name, State::ok, *found};
  if (*found == "3")
    return {group,
            name,
            State::missing,
            *found,
            "nobody may ptrace: no syscalls view",
            "boot again: until then nothing sets it back; or --place vm"};
  if (has_any(facts, sys_ptrace))
    return {group, name, State::ok, *found + ", which CAP_SYS_PTRACE is above"};
  if (*found == "1")
    return {group,
            name,
            State::limited,
            *found,
            "the syscalls view traces what it starts, and no running process (-p)",
            "run shmpath with sudo; sysctl kernel.yama.ptrace_scope=0"};
  return {group,
          name,
          State::missing,
          *found,
          "no syscalls view",
          "run shmpath with sudo; sysctl kernel.yama.ptrace_scope=1"};
}

Check tracing_files(const Facts& facts) {
  if (facts.kernel.tracefs)
    return {group, "tracefs", State::ok, "mounted; shmpath does not need it"};
  return {group,
          "tracefs",
          State::limited,
          "not mounted, or not for us",
          "nothing of shmpath's: its probes are opened by bpf() and perf_event_open()",
          "mount -t tracefs tracefs /sys/kernel/tracing, for other tools"};
}

}  // namespace

void judge_kernel(const Facts& facts, Checks& checks) {
  for (auto check :
       {machine, types, names, pointers, lockdown, perf, bpf_for_all, yama, tracing_files})
    checks.push_back(check(facts));
}

}  // namespace shmpath
