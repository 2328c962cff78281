// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <memory>
#include <string>

#include "tracer/fd.h"
#include "tracer/render.h"

namespace shmpath {

// "" is standard error, "-" standard output, anything else a file, which is opened with the rights
// of the person who asked (see identity.h), never with root's on another's behalf, and never
// through a symbolic link. Failures name the option that gave it.
std::unique_ptr<Output> open_output(const std::string& where, const std::string& option = "-o");
// The same for a file alone, to write to as it is. Throws Failure.
Fd open_trace_file(const std::string& file, const std::string& option = "-o");

}  // namespace shmpath
