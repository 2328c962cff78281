// SPDX-License-Identifier: BSD-2-Clause
//
// What the kernel lets us do, by doing it. Links, programs and maps are closed again.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tracer/attach.h"
#include "tracer/doctor_facts.h"
#include "tracer/elf.h"
#include "tracer/failure.h"
#include "tracer/mechanism.h"
#include "tracer/place.h"
#include "tracer/ptrace.h"

namespace shmpath {
namespace {

void try_functions(Attempts& attempts) {
  try {
    KernelTypes types;
    attempts.typed_tracepoint = try_typed_tracepoint("sys_enter");
    attempts.fentry = try_fentry(types);
    attempts.multi = try_multi(types);
    for (const std::string& file : c_library_files()) {
      const auto found = function_offsets(file, std::vector<std::string_view>{"mmap"});
      if (found.empty()) continue;
      attempts.uprobe = try_uprobe(file, found.begin()->second);
      attempts.multi_uprobe = try_multi_uprobe(types, file, found.begin()->second);
      break;
    }
  } catch (const Failure& failure) {  // no BTF
    for (Attempt* attempt : {&attempts.typed_tracepoint, &attempts.fentry, &attempts.multi})
      if (!*attempt) *attempt = failure.what();
  }
}

// All that a trace begins with but the kernel's functions.
void rehearse(Attempts& attempts, const std::string& lab_program) {
  try {
    Probes probes(ProbeOptions{});
    attempts.programs = attempts.c_library = "";
    if (!lab_program.empty()) {
      probes.attach_file(lab_program);
      attempts.markers = "";
    }
    for (const MissingProbe& missing : probes.missing()) {
      const bool kernels = missing.reason == "not on this kernel";  // an optional tracepoint
      Attempt& told =
          missing.name.starts_with("step markers") ? attempts.markers : attempts.c_library;
      if (!kernels) told = missing.name + ": " + missing.reason;
    }
  } catch (const Failure& failure) {
    attempts.programs = failure.what();
  }
}

// Makes system calls until it is killed, at the latest with us.
[[noreturn]] void be_traced(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (getppid() == parent) pause();  // it may be gone already
  _exit(0);
}

std::string refusal(const std::string& what, int error) {
  return fmt::format("{}: {}", what, strerror(error));
}

// Seizes the child and has it stop at a system call, as the syscalls view does.
std::string trace_child(pid_t child) {
  if (const int error = ptraced::seize(child, true)) return refusal("ptrace", error);
  ptraced::interrupt(child);
  int status = 0;
  if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status))
    return "ptrace: the child did not stop";
  ptraced::resume(child, 0);
  if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status))
    return "ptrace: the child did not stop at a system call";
  if (!ptraced::syscall_stop(child)) return refusal("PTRACE_GET_SYSCALL_INFO", errno);
  return "";
}

Attempt try_ptrace() {
  const pid_t parent = getpid(), child = fork();
  if (child < 0) return std::nullopt;
  if (child == 0) be_traced(parent);
  const std::string refused = trace_child(child);
  kill(child, SIGKILL);
  waitpid(child, nullptr, __WALL);
  return refused;
}

}  // namespace

Attempts try_all(const std::string& lab_program) {
  libbpf_set_print(nullptr);  // what it refuses is said by us
  Attempts attempts;
  attempts.ptrace = try_ptrace();
  attempts.raw_tracepoint = try_tracepoint("sys_enter");
  attempts.ring = try_ring(ProbeOptions{}.ring_bytes);
  attempts.kprobe = try_kprobe();
  try_functions(attempts);
  rehearse(attempts, lab_program);
  const MachineAnswers machine = this_machine("auto", "");
  attempts.tracepoints_refused = machine.tracepoints_refused();
  attempts.functions_refused = machine.functions_refused();
  // what cannot be loaded as a whole does not work, whatever single attempts say
  if (attempts.tracepoints_refused.empty())
    attempts.tracepoints_refused = attempts.programs.value_or("");
  return attempts;
}

}  // namespace shmpath
