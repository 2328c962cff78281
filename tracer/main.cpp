// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "classroom/run_command.h"
#include "tracer/command_vm.h"
#include "tracer/failure.h"
#include "tracer/options.h"
#include "tracer/place.h"
#include "tracer/text.h"

int main(int argc, char** argv) {
  using namespace shmpath;
  try {
    const Options options = choose_place(parse_options(argc, argv));
    return options.place == "vm" ? in_vm(options) : run_command(options);
  } catch (const Failure& failure) {
    fmt::print(stderr, "shmpath: {}\n", strip_controls(failure.what()));
    return failure.status();
  } catch (const std::exception& error) {
    fmt::print(stderr, "shmpath: {}\n", strip_controls(error.what()));
  }
  return exit_failure;
}
