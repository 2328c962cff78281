// SPDX-License-Identifier: BSD-2-Clause
//
// The source lines of a step, found in the lab's program as its reader finds them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

struct SourceLine {
  unsigned number;
  std::string text;  // without tabs
};

// From the line with `step("TEXT")` to the one before the next step, or to the end of that
// function. Where a text stands in several places, `number` says which. None where there is none.
std::vector<SourceLine> lines_of_step(std::string_view source, std::string_view text,
                                      unsigned number);

// What is before the first step: the functions that the steps call.
std::string before_steps(std::string_view source);

}  // namespace shmpath
