// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "classroom/exercise.h"
#include "classroom/grade.h"
#include "classroom/judge_command.h"
#include "classroom/judge_runs.h"
#include "tracer/command_kernels.h"
#include "tracer/command_vm.h"
#include "tracer/commands.h"
#include "tracer/failure.h"
#include "tracer/guest_agent.h"
#include "tracer/inherited.h"
#include "tracer/options.h"
#include "tracer/place.h"
#include "tracer/text.h"

namespace {

// Standard error may be a pipe that nobody reads any more: then the status alone says it.
void say(const char* what) {
  std::signal(SIGPIPE, SIG_IGN);
  std::fputs(fmt::format("shmpath: {}\n", shmpath::strip_controls(what)).c_str(), stderr);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace shmpath;
  InheritedSignals::at_start();  // before any is changed
  try {
    const Options asked = parse_options(argc, argv);
    inherited_by(invoking_user());  // while we may still look at sudo
    const Options options = choose_place(asked);
    if (!needs_rights(options)) become_invoking_user();
    if (options.place == "vm") return in_vm(options);
    switch (options.command) {
      case Command::none:
        return options.status;  // help or version, already printed
      case Command::list:
        return list_labs(options);
      case Command::run:
        return run_lab(options);
      case Command::trace:
        return trace_program(options);
      case Command::check:
        return check_labs(options);
      case Command::replay:
        return replay_trace(options);
      case Command::explain:
        return explain_name(options);
      case Command::doctor:
        return diagnose(options);
      case Command::grade:
        return grade_class(options);
      case Command::vm_run:
        return run_in_vm(options);
      case Command::vm_shell:
        return shell_in_vm(options);
      case Command::vm_fetch:
        return fetch_kernels(options);
      case Command::vm_list:
        return list_kernels(options);
      case Command::vm_agent:
        return run_guest_agent();
      case Command::judge:
        return run_judge(options.confined, options.ahead);
      case Command::judge_runs:
        return start_judged_runs();
      case Command::exercise:
        return run_exercise(options);
    }
  } catch (const Failure& failure) {
    say(failure.what());
    return failure.status();
  } catch (const std::exception& error) {
    say(error.what());
  }
  return exit_failure;
}
