// SPDX-License-Identifier: BSD-2-Clause
//
// What `doctor` knows of a machine before it judges. What stands in files is read below a root
// folder, so that a test can make another machine up; what only an attempt can tell is tried.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tracer/accelerator.h"
#include "tracer/kernels.h"
#include "tracer/options.h"

namespace shmpath {

// "" when it worked, else why not; nothing when it could not be tried.
using Attempt = std::optional<std::string>;
// A file's first line; nothing when it cannot be read.
using Line = std::optional<std::string>;

struct ProcessFacts {
  bool root = false;
  std::optional<std::uint64_t> capabilities;  // CapEff
  bool file_capabilities = false;             // of the program itself
  std::optional<std::uint64_t> seccomp;       // 0 none, 1 strict, 2 a filter
  Line user_namespace, pid_namespace;         // as /proc/self/ns has them: user:[4026531837]
  std::optional<std::uint64_t> locked_bytes;  // RLIMIT_MEMLOCK; all bits: no limit
  std::string program;                        // its path
};

struct KernelFacts {
  std::string release, machine;
  bool proc = false, sys = false;  // mounted, so that what is absent there is the kernel's lack
  bool btf = false;
  bool tracefs = false;  // mounted, with something in it
  bool wsl = false;
  std::optional<bool> addresses_shown;  // in kallsyms
  Line lockdown, kptr_restrict, perf_event_paranoid, unprivileged_bpf_disabled, ptrace_scope;
  std::string container;  // what says that this is one, or ""
};

struct Attempts {
  Attempt raw_tracepoint, typed_tracepoint, ring, fentry, multi, kprobe, uprobe, multi_uprobe;
  Attempt programs;   // all of shmpath's own, loaded and attached
  Attempt c_library;  // with them: its functions
  Attempt markers;    // with them: the steps of a lab
  Attempt ptrace;
  // What best_view is told.
  std::string tracepoints_refused, functions_refused;
};

struct StoredKernelFacts {
  std::string series, release, broken;
};

struct VmFacts {
  VmReady ready{false, ""};
  std::vector<VmProgram> programs;
  bool mkfs = false, apt = false;
  std::vector<StoredKernelFacts> kernels;
  std::string cache;  // its folder, or ""
  std::optional<std::uint64_t> free_bytes;
  std::optional<KvmWish> kvm;  // nothing: SHMPATH_VM_ACCEL makes no sense
  bool kvm_there = false, kvm_ours = false;
  std::string kvm_asked;  // SHMPATH_VM_ACCEL
};

// A driver that exports or imports dma-bufs, for lab 09.
struct DriverFacts {
  std::string name, load;  // and the command that loads it, or ""
  bool there = false, ours = true, loadable = false;
};

struct LabFacts {
  std::string folder, failure;  // why the catalogue cannot be read, or ""
  std::size_t count = 0;
  std::vector<std::string> not_runnable;  // programs that are missing or not executable
  std::vector<DriverFacts> drivers;
};

struct Facts {
  bool in_vm = false;
  ProcessFacts process;
  KernelFacts kernel;
  Attempts attempts;
  VmFacts vm;
  LabFacts labs;
};

// From files below `root` alone.
void read_process(const std::filesystem::path& root, ProcessFacts& process);
void read_kernel(const std::filesystem::path& root, KernelFacts& kernel);
void read_drivers(const std::filesystem::path& root, LabFacts& labs);

// Of this machine.
Attempts try_all(const std::string& lab_program);  // "": no lab's steps are tried
VmFacts look_at_vm();                              // but whether it is ready
LabFacts look_at_labs(const std::string& folder, std::string& first_program);
Facts gather_facts(const Options& options);

}  // namespace shmpath
