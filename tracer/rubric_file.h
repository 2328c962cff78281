// SPDX-License-Identifier: BSD-2-Clause
//
// exercise.toml, read and checked. The format is described in docs/writing-exercises.md.
#pragma once

#include <string>
#include <string_view>

#include "tracer/rubric.h"

namespace shmpath {

// Throws Failure that names the file and line: for a field that is unknown or missing, for points
// that do not add up, for a line that is there twice, for a check that there is not.
Exercise parse_exercise(std::string_view text, const std::string& file);

}  // namespace shmpath
