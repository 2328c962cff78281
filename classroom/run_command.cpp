// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/run_command.h"

#include <algorithm>
#include <iterator>

#include "classroom/exercise.h"
#include "classroom/grade.h"
#include "classroom/judge_command.h"
#include "classroom/judge_runs.h"
#include "tracer/command_kernels.h"
#include "tracer/command_vm.h"
#include "tracer/commands.h"
#include "tracer/failure.h"
#include "tracer/guest_agent.h"

namespace shmpath {
namespace {

struct Entry {
  Command command;
  int (*run)(const Options& options);
};

constexpr Entry entries[] = {
    {Command::none, [](const Options& options) { return options.status; }},  // help, printed
    {Command::list, list_labs},
    {Command::run, run_lab},
    {Command::trace, trace_program},
    {Command::check, check_labs},
    {Command::replay, replay_trace},
    {Command::explain, explain_name},
    {Command::doctor, diagnose},
    {Command::grade, grade_class},
    {Command::exercise, run_exercise},
    {Command::vm_run, run_in_vm},
    {Command::vm_shell, shell_in_vm},
    {Command::vm_fetch, fetch_kernels},
    {Command::vm_list, list_kernels},
    {Command::vm_agent, [](const Options&) { return run_guest_agent(); }},
    {Command::judge,
     [](const Options& options) { return run_judge(options.confined, options.ahead); }},
    {Command::judge_runs, [](const Options&) { return start_judged_runs(); }},
};

}  // namespace

int run_command(const Options& options) {
  const auto* entry = std::ranges::find(entries, options.command, &Entry::command);
  if (entry == std::end(entries)) throw Failure("this command", "nothing runs it", "");
  return entry->run(options);
}

}  // namespace shmpath
