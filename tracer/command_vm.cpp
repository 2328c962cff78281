// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/command_vm.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "tracer/command_step.h"
#include "tracer/commands.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/flow.h"
#include "tracer/grading_root.h"
#include "tracer/guest.h"
#include "tracer/guest_request.h"
#include "tracer/identity.h"
#include "tracer/kernels.h"
#include "tracer/options_tree.h"
#include "tracer/output.h"
#include "tracer/record.h"
#include "tracer/terminal.h"

namespace shmpath {
namespace {

using std::chrono::seconds;

BootPlan boot_plan(const Options& options) {
  BootPlan plan;
  plan.agent = own_program();
  if (access(plan.agent.c_str(), R_OK))
    throw Failure("cannot read " + plan.agent.string(),
                  std::string(strerror(errno)) + ", and the VM must", "chmod +r it");
  {
    const AsInvokingUser rights;
    plan.kernel = find_kernel(options.kernel);
  }
  plan.memory_mib = options.memory_mib;
  plan.processors = options.processors;
  return plan;
}

// The guest has a copy of this program, and nothing of the host's environment.
BootPlan grading_plan(const Options& options) {
  BootPlan plan = boot_plan(options);
  plan.agent = grading_program;
  plan.grading_shares = grading_shares("/");
  refuse_shared(plan.grading_shares, labs_folder(options.labs) + "/../exercises");
  return plan;
}

GuestRequest grading_request(std::vector<std::string> command) {
  return {
      std::move(command),
      {"PATH=/usr/sbin:/usr/bin:/shmpath/bin", "LANG=C.UTF-8", "HOME=/work", "SHMPATH_PLACE=vm"},
      "/work",
      {},
      true};
}

GuestRequest request_for(std::vector<std::string> command) {
  GuestRequest request{std::move(command), {}, std::filesystem::current_path(), {}, false};
  for (char** variable = environ; *variable; variable++)
    request.environment.emplace_back(*variable);
  return request;
}

void set_variable(GuestRequest& request, const std::string& name, const std::string& value) {
  std::erase_if(request.environment,
                [&](const std::string& variable) { return variable.starts_with(name + "="); });
  request.environment.push_back(name + "=" + value);
}

// In the VM the tracer is root. The program runs as the person who asked for it here.
void name_the_person(GuestRequest& request) {
  if (getuid() == 0) return;  // or under sudo: then the variables are there
  set_variable(request, "SUDO_UID", std::to_string(getuid()));
  set_variable(request, "SUDO_GID", std::to_string(getgid()));
}

bool is_file(const std::string& output) { return !output.empty() && output != "-"; }

// It is packed there, where it is written: the host takes the bytes as they are.
std::string record_file_in_vm(const std::string& file) {
  if (!is_file(file)) return file;
  return is_packed_name(file) ? guest_packed_record_file : guest_record_file;
}

}  // namespace

int run_in_vm(const Options& options) {
  if (options.words.empty())
    throw Failure("cannot run", "no command is given", "shmpath vm run -- COMMAND [ARG...]");
  const auto at_most = seconds(options.timeout_s);
  if (options.grading)
    return run_guest(grading_plan(options), grading_request(options.words), {}, at_most);
  return run_guest(boot_plan(options), request_for(options.words), {}, at_most);
}

int shell_in_vm(const Options& options) {
  const BootPlan plan = boot_plan(options);
  GuestRequest request = request_for({access("/bin/bash", X_OK) ? "/bin/sh" : "/bin/bash"});
  const RawTerminal terminal;
  request.window = window_size();
  return run_guest(plan, request, {}, seconds(0));
}

std::vector<std::string> words_in_vm(const Options& options, const std::string& program) {
  std::vector<std::string> words{program};
  auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  const bool shows = options.command != Command::check;
  if (!options.labs.empty()) add({"--labs", options.labs});  // an option of no command
  add({options.command == Command::run     ? "run"
       : options.command == Command::trace ? "trace"
                                           : "check"});
  add({"--place", "host", "--view", options.view, "--attach", options.attach});
  add({"--buffer", std::to_string(options.buffer_bytes), "--lang", options.lang});
  if (!options.functions.empty())
    add({"--functions", fmt::format("{}", fmt::join(options.functions, ","))});
  if (options.verify_stacks) add({"--verify-stacks"});
  if (!options.output.empty()) add({"-o", is_file(options.output) ? guest_trace_file : "-"});
  if (shows) {
    add({"--format", options.format, "--color", colour_wanted(options) ? "always" : "never"});
    for (const std::string& word : tree_words(options, shown_columns(options))) add({word});
    if (!options.record.empty()) add({"--record", record_file_in_vm(options.record)});
    if (options.no_follow) add({"--no-follow"});
    if (options.step) add({"--step"});
  }
  if (options.command == Command::trace) {
    add({"--"});
    words.insert(words.end(), options.words.begin(), options.words.end());
  } else {
    add({options.lab});
  }
  return words;
}

int in_vm(const Options& options) {
  if (options.pid)
    throw Failure(fmt::format("cannot trace process {} in the VM", *options.pid),
                  "it runs on the host", "use --place host, or give a command");
  const BootPlan plan = boot_plan(options);
  GuestRequest request = request_for(words_in_vm(options, plan.agent));
  set_variable(request, "SHMPATH_PLACE", "vm");
  set_variable(request, "SHMPATH_WHY", options.why);
  name_the_person(request);
  check_outputs(options);
  const Fd trace = is_file(options.output) ? open_trace_file(options.output) : Fd();
  const Fd record = is_file(options.record) ? open_trace_file(options.record, "--record") : Fd();
  if (options.command == Command::trace)
    fmt::print(stderr,
               "shmpath: in the VM; what the program writes to files there is gone afterwards\n");
  // what is asked there is answered here: on a terminal in the VM that this one stands for
  std::optional<RawTerminal> terminal;
  if (options.step && asks_on_terminal(options) && isatty(STDOUT_FILENO)) {
    terminal.emplace();
    request.window = window_size();
  }
  return run_guest(plan, request, {trace.get(), record.get()}, seconds(0));
}

}  // namespace shmpath
