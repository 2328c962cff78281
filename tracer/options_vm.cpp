// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/options_vm.h"

#include <CLI/CLI.hpp>

#include "tracer/options.h"

namespace shmpath {

void add_kernel(CLI::App* app, std::string& kernel) {
  app->add_option("--kernel", kernel,
                  "Kernel of the VM: a version, newest, or the path of a vmlinuz")
      ->type_name("VERSION|PATH");
}

VmCommands add_vm(CLI::App& app, Options& options) {
  CLI::App* vm = app.add_subcommand("vm", "Another kernel, in a VM around this machine's files");
  vm->require_subcommand(1);
  VmCommands commands{vm->add_subcommand("run", "Run a command in the VM, as if it were local"),
                      vm->add_subcommand("shell", "A shell of root in the VM"),
                      vm->add_subcommand("fetch", "Fetch kernels: the default one, or these"),
                      vm->add_subcommand("list", "Kernels that are known, and those fetched")};
  for (CLI::App* booting : {commands.run, commands.shell}) {
    add_kernel(booting, options.kernel);
    booting->add_option("--memory", options.memory_mib, "Memory of the VM in MiB")
        ->check(CLI::Range(256U, 1U << 20))
        ->type_name("MIB");
    booting->add_option("--cpus", options.processors, "Processors of the VM (1)")
        ->check(CLI::Range(1U, 64U))
        ->type_name("N");
  }
  commands.run
      ->add_option("--timeout", options.timeout_s,
                   "Seconds that the command may take (600; 0: no limit)")
      ->type_name("SECONDS");
  commands.run->add_flag(
      "--grading", options.grading,
      "Share only the tools to build with: the command is root, but what it starts may be hostile");
  commands.run->footer("The command follows the options: shmpath vm run -- uname -r");
  commands.run->prefix_command();
  commands.run->fallthrough(false);
  commands.fetch->add_option("VERSION", options.words, "6.12, 6.1, 5.10 or newest");
  return commands;
}

}  // namespace shmpath
