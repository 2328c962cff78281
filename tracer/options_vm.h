// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace shmpath {

struct Options;

// --kernel, wherever a VM may be booted.
void add_kernel(CLI::App* app, std::string& kernel);

struct VmCommands {
  CLI::App *run, *shell, *fetch, *list;
};
VmCommands add_vm(CLI::App& app, Options& options);

}  // namespace shmpath
