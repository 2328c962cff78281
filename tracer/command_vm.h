// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "tracer/options.h"

namespace shmpath {

// shmpath vm run and shmpath vm shell.
int run_in_vm(const Options& options);
int shell_in_vm(const Options& options);

// shmpath run, trace or check with --place vm: boots the VM and is itself, with the same options,
// in there. The trace of -o FILE is written here.
int in_vm(const Options& options);

// The command line of the shmpath in the VM.
std::vector<std::string> words_in_vm(const Options& options, const std::string& program);

}  // namespace shmpath
