// SPDX-License-Identifier: BSD-2-Clause
//
// What was tried, and what each refusal costs.
#include <fmt/format.h>

#include "tracer/doctor.h"

namespace shmpath {
namespace {

constexpr const char* group = "tracing";
constexpr const char* in_the_vm = "use the VM: --place vm";

struct Probing {
  const char* name;
  Attempt Attempts::*attempt;
  State lack;
  const char* cost;
  const char* remedy;
};

constexpr const char* no_kernel_view = "neither the functions nor the tracepoints view here";
constexpr const char* one_way_less =
    "one way less to probe the kernel's functions; any of fentry, kprobe-multi and kprobe will do";

constexpr Probing probings[] = {
    {"raw tracepoint", &Attempts::raw_tracepoint, State::missing, no_kernel_view, in_the_vm},
    {"typed tracepoint", &Attempts::typed_tracepoint, State::missing, no_kernel_view, in_the_vm},
    {"ring buffer", &Attempts::ring, State::missing, no_kernel_view, in_the_vm},
    {"fentry", &Attempts::fentry, State::limited, one_way_less, in_the_vm},
    {"kprobe-multi (fprobe)", &Attempts::multi, State::limited, one_way_less, in_the_vm},
    {"kprobe", &Attempts::kprobe, State::limited, one_way_less, in_the_vm},
    {"uprobe", &Attempts::uprobe, State::missing,
     "calls of the C library and the labs' steps are not seen", in_the_vm},
    {"uprobe-multi", &Attempts::multi_uprobe, State::limited,
     "stopping a trace takes a second or two: uprobes are taken out one by one",
     "a kernel that has it, such as --kernel newest"},
    {"BPF programs", &Attempts::programs, State::missing, no_kernel_view, in_the_vm},
    {"C library", &Attempts::c_library, State::missing,
     "calls of the C library are not seen; their system calls are", in_the_vm},
    {"step markers (USDT)", &Attempts::markers, State::missing,
     "the labs' steps are not seen, so that their claims are not checked", in_the_vm},
    {"ptrace", &Attempts::ptrace, State::missing, "no syscalls view",
     "docker run --cap-add SYS_PTRACE --security-opt seccomp=unconfined"},
};

bool works(const Attempt& attempt) { return attempt && attempt->empty(); }

// That one of the three ways is refused costs something only where none is left.
void weigh_functions(const Attempts& tried, Check& check) {
  const bool some = works(tried.fentry) || works(tried.multi) || works(tried.kprobe);
  if (!some) {
    check.state = State::missing;
    check.cost = "with no other of fentry, kprobe-multi and kprobe: no functions view here";
  }
}

// "kprobe: REASON" without the name that stands before it.
std::string reason(const std::string& refused, const std::string& name) {
  const std::size_t colon = refused.find(": ");
  const bool named = colon != std::string::npos && name.starts_with(refused.substr(0, colon));
  return named ? refused.substr(colon + 2) : refused;
}

// What was not tried, because no program of ours can be loaded.
std::string untried(const Attempts& tried) {
  const bool refused = tried.programs && !tried.programs->empty();
  return refused ? "not tried, for BPF programs are refused" : "could not be tried";
}

Check check_of(const Facts& facts, const Probing& probing) {
  const Attempts& tried = facts.attempts;
  Check check{group, probing.name};
  const Attempt& attempt = tried.*probing.attempt;
  if (works(attempt)) {
    check.found = "works";
    return check;
  }
  check.state = attempt ? probing.lack : State::unknown;
  check.found = attempt ? reason(*attempt, check.name) : untried(tried);
  check.cost = probing.cost;
  check.remedy = probing.remedy;
  if (probing.remedy == in_the_vm && !facts.process.root)
    check.remedy = "run shmpath with sudo; or use the VM: --place vm";
  if (probing.cost == one_way_less && attempt) weigh_functions(tried, check);
  return check;
}

}  // namespace

void judge_tracing(const Facts& facts, Checks& checks) {
  for (const Probing& probing : probings) checks.push_back(check_of(facts, probing));
}

}  // namespace shmpath
