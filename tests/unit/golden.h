// SPDX-License-Identifier: BSD-2-Clause
//
// Output kept as a file in tests/golden. SHMPATH_APPROVE=1 in the environment writes the files
// anew, for the next `git diff` to show.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/catch.h"
#include "tests/paths.h"
#include "tracer/files.h"

namespace shmpath {

inline void check_golden(const std::string& name, const std::string& text) {
  const std::string file = source_dir + "/tests/golden/" + name;
  if (const char* approve = std::getenv("SHMPATH_APPROVE"); approve && *approve == '1') {
    std::ofstream(file) << text;
    WARN("approved: " << file);
    return;
  }
  INFO("SHMPATH_APPROVE=1 approves what is new in " << file);
  CHECK(text == read_file(file).value_or("(no such file)"));
}

}  // namespace shmpath
