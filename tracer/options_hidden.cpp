// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/options_hidden.h"

#include <CLI/CLI.hpp>

#include "tracer/options.h"

namespace shmpath {

HiddenCommands add_hidden(CLI::App& app, Options& options) {
  const auto hidden = [&](const char* name, const char* text) {
    return app.add_subcommand(name, text)->group("");
  };
  const HiddenCommands commands{hidden("vm-agent", "What shmpath is inside its VM"),
                                hidden("judge", "Judges submissions"),
                                hidden("judge-runs", "Runs one")};
  commands.judge->add_flag("--confined", options.confined, "In the VM's grading profile");
  commands.judge->add_flag("--ahead", options.ahead, "Starts the next job's tracer ahead of it");
  return commands;
}

void take_hidden(Options& options, const HiddenCommands& hidden) {
  if (hidden.agent->parsed()) options.command = Command::vm_agent;
  if (hidden.judge->parsed()) options.command = Command::judge;
  if (hidden.runs->parsed()) options.command = Command::judge_runs;
}

}  // namespace shmpath
