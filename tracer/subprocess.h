// SPDX-License-Identifier: BSD-2-Clause
//
// Other programs that we run: by an argument vector, never through a shell.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tracer/target.h"

namespace shmpath {

// The program as PATH has it, or in the folders for administration, which an ordinary user's PATH
// leaves out.
std::optional<std::string> find_program(const std::string& name);

struct ProgramCall {
  std::vector<std::string> words;  // the first is a name for find_program
  std::string folder{};            // to run in; "" is ours
  std::string output_file{};       // takes its standard output; "": it is caught
  std::function<void()> tick{};    // called some times a second; may throw, which kills the program
};

struct ProgramResult {
  ExitStatus status;
  std::string out, err;
};

// Runs it to its end, with nothing to read on its standard input and messages in English. It and
// what it has started die with us. Throws Failure when there is no such program.
ProgramResult run_program(const ProgramCall& call);

// The same for a program that must succeed: its output, or a Failure of `thing` that quotes it.
std::string run_or_fail(const std::string& thing, const ProgramCall& call,
                        const std::string& remedy = "");

}  // namespace shmpath
