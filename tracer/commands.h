// SPDX-License-Identifier: BSD-2-Clause
//
// One function for each word of the command line. Each returns the exit status
// of shmpath, and throws Failure for what ends it.
#pragma once

#include "tracer/options.h"

namespace shmpath {

int list_labs(const Options& options);
int run_lab(const Options& options);
int trace_program(const Options& options);
int check_labs(const Options& options);
int replay_trace(const Options& options);
int explain_name(const Options& options);
int diagnose(const Options& options);

// The standard stream that the trace goes to; -1: to a file. Where no program runs that writes to
// standard output itself, that is free for what is shown: replay, doctor.
int shown_on(const Options& options);

// The columns of the terminal that the trace goes to; 0: it goes to none.
std::size_t shown_columns(const Options& options);

// Whether the trace is to be in colour, where it goes.
bool colour_wanted(const Options& options);

}  // namespace shmpath
