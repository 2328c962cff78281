// SPDX-License-Identifier: BSD-2-Clause
//
// Where the tests find what they read and run. In one file of their own, so that the others compile
// to the same in every folder.
#pragma once

#include <string>

extern const std::string source_dir;   // this repository
extern const std::string shmpath_bin;  // the program under test
extern const std::string targets_dir;  // of the programs that are traced
extern const std::string labs_dir;     // of the built labs
