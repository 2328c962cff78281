// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "classroom/run_command.h"
#include "tracer/command_vm.h"
#include "tracer/failure.h"
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
    return options.place == "vm" ? in_vm(options) : run_command(options);
  } catch (const Failure& failure) {
    say(failure.what());
    return failure.status();
  } catch (const std::exception& error) {
    say(error.what());
  }
  return exit_failure;
}
