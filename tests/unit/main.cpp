// SPDX-License-Identifier: BSD-2-Clause
//
// The main of every test program, with Catch2 2 and 3.
#define CATCH_CONFIG_RUNNER
#include "tests/catch.h"

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
