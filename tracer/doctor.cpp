// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/doctor.h"

namespace shmpath {

std::string_view state_name(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::limited:
      return "limited";
    case State::missing:
      return "missing";
    case State::unknown:
      break;
  }
  return "unknown";
}

Conclusion judge_all(const Facts& facts) {
  const Attempts& tried = facts.attempts;
  Conclusion verdict;
  verdict.best =
      best_view({[&] { return tried.tracepoints_refused; }, [&] { return tried.functions_refused; },
                 [&] { return facts.vm.ready; }});
  if (!facts.labs.failure.empty()) return verdict;  // every command reads them
  const bool tracepoints = tried.tracepoints_refused.empty();
  const bool syscalls = tried.ptrace && tried.ptrace->empty();
  verdict.replay = true;
  verdict.vm = facts.vm.ready.ready;
  verdict.no_vm = verdict.vm ? "" : facts.vm.ready.why_not;
  verdict.host_view = tracepoints ? (tried.functions_refused.empty() ? "functions" : "tracepoints")
                      : syscalls  ? "syscalls"
                                  : "";
  verdict.works = tracepoints  ? Works::host
                  : verdict.vm ? Works::vm
                  : syscalls   ? Works::syscalls
                               : Works::replay;
  return verdict;
}

Diagnosis judge(const Facts& facts) {
  Diagnosis diagnosis{facts.kernel.release, facts.kernel.machine, {}, judge_all(facts)};
  judge_privilege(facts, diagnosis.checks);
  judge_kernel(facts, diagnosis.checks);
  judge_tracing(facts, diagnosis.checks);
  judge_vm(facts, diagnosis.checks);
  judge_labs(facts, diagnosis.checks);
  return diagnosis;
}

}  // namespace shmpath
