// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/commands.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tracer/command_step.h"
#include "tracer/disk.h"
#include "tracer/failure.h"
#include "tracer/flow.h"
#include "tracer/output.h"
#include "tracer/place.h"
#include "tracer/plan.h"
#include "tracer/record.h"
#include "tracer/rights.h"
#include "tracer/session.h"
#include "tracer/show.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

int trace(const Options& options, const SessionPlan& plan, const ShowContext& context) {
  check_outputs(options);
  auto out = open_output(options.output);
  auto renderer = make_renderer(*out, options, context);
  auto recorder = make_recorder(options, *renderer);
  SessionResult result = run_session(plan, recorder ? *recorder : *renderer);
  return result.status.as_shell();
}

// The process must be ours to look at, also where shmpath has its rights by file capabilities.
pid_t process_to_trace(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  pid_t tgid = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Tgid:"))
      tgid = static_cast<pid_t>(std::strtol(line.c_str() + 5, nullptr, 10));
  if (tgid == 0)
    throw Failure(fmt::format("cannot trace process {}", pid), "no such process",
                  "ps lists those that run");
  require_own_process(tgid);
  return tgid;
}

}  // namespace

int shown_on(const Options& options) {
  const bool to_output = options.command == Command::replay || options.command == Command::doctor;
  if (options.output.empty()) return to_output ? STDOUT_FILENO : STDERR_FILENO;
  return options.output == "-" ? STDOUT_FILENO : -1;
}

std::size_t shown_columns(const Options& options) {
  if (options.width) return options.width;
  winsize size{};
  const int stream = shown_on(options);
  if (stream < 0 || !isatty(stream) || ioctl(stream, TIOCGWINSZ, &size)) return 0;
  return size.ws_col;
}

bool colour_wanted(const Options& options) {
  if (options.colour != "auto") return options.colour == "always";
  const int stream = shown_on(options);
  const bool terminal = stream >= 0 && isatty(stream);
  const char* no_color = getenv("NO_COLOR");
  return terminal && !(no_color && *no_color);
}

int list_labs(const Options& options) {
  Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  if (options.list_names) {
    for (const Flow& flow : catalogue.flows)
      fmt::print("{:<20} {}\n", flow.id(), flow.title.in(options.chinese()));
    return 0;
  }
  for (const Flow& flow : catalogue.flows)
    fmt::print("{:<20} {}  [{} steps, {}]\n", flow.id(), flow.title.in(options.chinese()),
               flow.steps.size(), plural(flow.claims.size(), "claim"));
  fmt::print("\nThis machine: {}\n", machine_view(best_view(this_machine("auto", ""))));
  return 0;
}

int run_lab(const Options& options) {
  Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  const Flow& flow = catalogue.lab(options.lab);
  prepare_devices(flow);
  const SessionPlan plan = lab_plan(flow, options, catalogue);
  const LabDisk disk(flow);
  if (options.step) return run_in_steps(options, flow, catalogue);
  return trace(options, plan, {catalogue, &flow});
}

int trace_program(const Options& options) {
  Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  SessionPlan plan = program_plan(options, catalogue);
  if (options.pid) {
    if (!options.words.empty())
      throw Failure("cannot trace both", "-p and a command are given", "give one of them");
    plan.attach_to = process_to_trace(*options.pid);
  } else if (options.words.empty()) {
    throw Failure("cannot trace", "no command is given",
                  "shmpath trace -- COMMAND [ARG...], or -p PID");
  } else {
    resolve_command(options.words.front());  // before anything is written
    plan.commands = {options.words};
  }
  return trace(options, plan, {catalogue});
}

}  // namespace shmpath
