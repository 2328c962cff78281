// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tracer/attach_skeleton.h"
#include "tracer/call_layout.h"
#include "tracer/calls.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/rights.h"

namespace shmpath {
namespace {

constexpr const char* btf_file = "/sys/kernel/btf/vmlinux";
constexpr const char* first_pid_namespace = "pid:[4026531836]";  // PROC_PID_INIT_INO

struct Tracepoint {
  const char* program;  // named as the tracepoint is
  bool needed;          // without it there is no view of the kernel at all
  bool typed;           // found through BTF when it is loaded, else by name when it is attached
  bool work = false;    // shows work inside the kernel, which --functions narrows
};
constexpr std::array<Tracepoint, 12> tracepoints = {{
    {"sys_enter", true, true},
    {"sys_exit", true, true},
    {"page_fault_user", true, true},
    {"mm_page_alloc", true, false},
    {"mm_lru_insertion", true, false, true},
    {"sched_process_fork", true, true},
    {"sched_process_exec", true, true},
    {"sched_process_exit", true, true},
    {"sched_process_free", true, true},
    {"page_fault_kernel", false, true},
    {"vm_unmapped_area", false, false, true},
    {"module_load", false, false},
}};

// What makes good the hits that a tracepoint's own program missed (bpf/shmpath.bpf.h: TRACEPOINT).
constexpr std::array<const char*, 2> stand_ins = {"_second", "_third"};
// The guard under which a kernel runs tracepoints' programs so that they can lose the CPU.
constexpr const char* preemptible_guard = "class_srcu_fast_notrace_t";

// The patterns for each way of probing functions; those not in use are not loaded.
constexpr std::array<std::pair<const char*, Mechanism>, 6> patterns = {{
    {"function_fentry", Mechanism::fentry},
    {"function_fexit", Mechanism::fentry},
    {"function_multi_enter", Mechanism::kprobe_multi},
    {"function_multi_exit", Mechanism::kprobe_multi},
    {"function_kprobe", Mechanism::kprobe},
    {"function_kretprobe", Mechanism::kprobe},
}};

Failure no_tracepoint(const std::string& name) {
  return {"cannot attach tracepoint " + name, "this kernel does not have it",
          "boot a distribution's stock kernel, or one built with CONFIG_FTRACE_SYSCALLS"};
}

std::string last_message;  // of libbpf's, for the reason of a failure

int keep_message(libbpf_print_level level, const char* format, va_list args) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[512];
  vsnprintf(line, sizeof(line), format, args);
  if (level != LIBBPF_WARN) return 0;
  last_message = line;
  while (last_message.ends_with('\n')) last_message.pop_back();
  return 0;
}

void check_machine() {
  if (const std::string lacks = lacks_for_bpf(); !lacks.empty())
    throw Failure("cannot load BPF programs", "permission denied: without " + lacks,
                  "run it as root (sudo shmpath ...), or give the program file CAP_BPF and "
                  "CAP_PERFMON: docs/privileges.md");
  // the kernel's pids, which its records carry, are others inside a container
  std::error_code unknown;
  auto space = std::filesystem::read_symlink("/proc/self/ns/pid", unknown);
  if (!unknown && space != first_pid_namespace)
    throw Failure(
        "cannot trace from inside a pid namespace", "process ids are not the kernel's own there",
        "run shmpath outside the container, or give it the host's (docker run --pid=host)");
  if (access(btf_file, R_OK))
    throw Failure("cannot load BPF programs",
                  fmt::format("this kernel has no BTF ({}: {})", btf_file, strerror(errno)),
                  "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions' are");
}

// How often the program was due and could not run.
std::uint64_t missed_by(int program) {
  bpf_prog_info info{};
  u32 length = sizeof(info);
  return program >= 0 && bpf_obj_get_info_by_fd(program, &info, &length) == 0
             ? info.recursion_misses
             : 0;
}

// None for a tracepoint that has none.
std::vector<bpf_program*> stand_ins_of(const shmpath_bpf* bpf, const Tracepoint& tracepoint) {
  std::vector<bpf_program*> programs;
  for (const char* suffix : stand_ins) {
    std::string name = std::string(tracepoint.program) + suffix;
    if (bpf_program* program = bpf_object__find_program_by_name(bpf->obj, name.c_str()))
      programs.push_back(program);
  }
  return programs;
}

}  // namespace

// What every trace needs is looked for, and one tracepoint tried with a program that does nothing.
std::string tracepoints_refused() {
  try {
    check_machine();
  } catch (const Failure& failure) {
    return failure.what();
  }
  KernelTypes types;
  for (const Tracepoint& tracepoint : tracepoints)
    if (tracepoint.needed && tracepoint.typed &&
        !types.knows_word(std::string("btf_trace_") + tracepoint.program))
      return no_tracepoint(tracepoint.program).what();
  return try_tracepoint("sys_enter");
}

Probes::Probes(const ProbeOptions& options) : skeleton_(std::make_unique<Skeleton>()) {
  libbpf_set_print(keep_message);
  check_machine();
  load(options);
  attach_tracepoints();
  libraries_ = c_library_files();
  attach_libraries();
}

Probes::~Probes() = default;

void Probes::load(const ProbeOptions& options) {
  shmpath_bpf* bpf = skeleton_->bpf = shmpath_bpf__open();
  if (!bpf) throw Failure("cannot open the BPF programs", strerror(errno), "build shmpath again");
  choose_programs(options);
  bpf_map__set_max_entries(bpf->maps.ring, static_cast<u32>(options.ring_bytes));
  bpf->bss->follow_forks = options.follow;
  bpf->bss->owner_only = geteuid() != 0;
  bpf->bss->owner_uid = getuid();
  bpf->bss->owner_gid = getgid();
  bpf->bss->verify_known = options.verify_stacks;
  bpf->bss->function_callers = options.callers;
  bpf->bss->silent_allocations = options.only_functions;
  bpf->rodata->preemptible = preemptible_;
  bpf->rodata->direct_reads = types_.knows_word("bpf_rdonly_cast");
  for (u32 number = 0; number < MAX_SYSCALLS; number++)
    if (const CallSpec* spec = syscall_spec(number))
      bpf->bss->syscall_layout[number] = layout_of(*spec);
  auto calls = user_calls();
  for (std::size_t i = 0; i < calls.size() && i < MAX_USER_CALLS; i++)
    bpf->bss->user_layout[i] = layout_of(calls[i]);
  if (int error = shmpath_bpf__load(bpf))
    throw Failure("cannot load BPF programs",
                  fmt::format("{} ({})", strerror(-error), last_message),
                  "shmpath doctor says what is missing");
}

// What this kernel cannot load, or this trace does not need, is left out.
void Probes::choose_programs(const ProbeOptions& options) {
  shmpath_bpf* bpf = skeleton_->bpf;
  auto leave_out = [&](const char* name) {
    bpf_program__set_autoload(bpf_object__find_program_by_name(bpf->obj, name), false);
  };
  preemptible_ = types_.knows_word(preemptible_guard);
  for (const Tracepoint& tracepoint : tracepoints) {
    bool known =
        !tracepoint.typed || types_.knows_word(std::string("btf_trace_") + tracepoint.program);
    if (!known && tracepoint.needed) throw no_tracepoint(tracepoint.program);
    if (!known) missing_.push_back({tracepoint.program, "not on this kernel"});
    bool wanted = known && !(tracepoint.work && options.only_functions);
    if (!wanted) leave_out(tracepoint.program);
    for (bpf_program* stand_in : stand_ins_of(bpf, tracepoint))
      bpf_program__set_autoload(stand_in, wanted && preemptible_);
  }
  if (options.functions) mechanism_ = choose_mechanism(options.attach, options.functions, types_);
  if (options.functions_needed && mechanism_.mechanism == Mechanism::none)
    throw Failure("cannot probe kernel functions", mechanism_.said,
                  "try --place vm; shmpath doctor says what is missing");
  for (auto [name, mechanism] : patterns) {
    // kprobes stand in where a function cannot be traced otherwise
    bool fallback = mechanism == Mechanism::kprobe && mechanism_.mechanism != Mechanism::none;
    if (mechanism_.mechanism != mechanism && !fallback) leave_out(name);
  }
  if (mechanism_.mechanism == Mechanism::none) leave_out("module_load");
  many_by_one_link_ = types_.knows_word(multi_uprobe_type);
  leave_out(many_by_one_link_ ? "user_enter" : "user_multi_enter");
  leave_out(many_by_one_link_ ? "user_exit" : "user_multi_exit");
  for (bpf_program* program : {bpf->progs.user_multi_enter, bpf->progs.user_multi_exit})
    bpf_program__set_expected_attach_type(program,
                                          static_cast<bpf_attach_type>(multi_uprobe_attach_type));
}

void Probes::attach_tracepoints() {
  for (const Tracepoint& tracepoint : tracepoints) {
    bpf_program* program =
        bpf_object__find_program_by_name(skeleton_->bpf->obj, tracepoint.program);
    if (bpf_program__fd(program) < 0) continue;  // left out when it was loaded
    bpf_link* link = bpf_program__attach(program);
    if (link) {
      skeleton_->links.push_back(link);
      attached_++;
      // after it, so that they run after it
      for (bpf_program* stand_in : stand_ins_of(skeleton_->bpf, tracepoint))
        if (bpf_link* next = preemptible_ ? bpf_program__attach(stand_in) : nullptr)
          skeleton_->links.push_back(next);
    } else if (tracepoint.needed) {
      if (errno == ENOENT) throw no_tracepoint(tracepoint.program);
      throw Failure(std::string("cannot attach tracepoint ") + tracepoint.program, strerror(errno),
                    "run it as root");
    } else {
      missing_.push_back(
          {tracepoint.program, errno == ENOENT ? "not on this kernel" : strerror(errno)});
    }
  }
}

ProbeCounts Probes::counts() const {
  ProbeCounts sum;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->bpf->obj) sum.missed +=
      missed_by(bpf_program__fd(program));
  for (const Tracepoint& tracepoint : tracepoints)  // what they miss is theirs to make good
    for (const bpf_program* stand_in : stand_ins_of(skeleton_->bpf, tracepoint))
      sum.missed -= missed_by(bpf_program__fd(stand_in));
  for (const Descriptor& copy : skeleton_->copies) sum.missed += missed_by(copy.get());
  std::uint64_t made_good = 0;
  std::vector<cpu_counts> each(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  u32 zero = 0;
  if (bpf_map__lookup_elem(skeleton_->bpf->maps.counts, &zero, sizeof(zero), each.data(),
                           each.size() * sizeof(each[0]), 0) == 0)
    for (const cpu_counts& cpu : each) {
      sum.attempted += cpu.attempted;
      sum.lost += cpu.lost;
      sum.untold += cpu.untold;
      sum.recognised += cpu.recognised;
      sum.unwound += cpu.unwound;
      sum.mistaken += cpu.mistaken;
      made_good += cpu.made_good;
    }
  sum.missed -= std::min(sum.missed, made_good);
  return sum;
}

}  // namespace shmpath
