// SPDX-License-Identifier: BSD-2-Clause
#include "tests/paths.h"

const std::string source_dir = SOURCE_DIR;
const std::string shmpath_bin = SHMPATH_BIN;
const std::string targets_dir = TARGETS_DIR;
const std::string labs_dir = LABS_DIR;
