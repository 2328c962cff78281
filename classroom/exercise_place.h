// SPDX-License-Identifier: BSD-2-Clause
//
// Where a student's own check runs, and what watches it: as `run` chooses, but only among what the
// exercise allows. Pure: what the machine can do is asked through functions.
#pragma once

#include <string>

#include "tracer/best_view.h"
#include "tracer/rubric.h"

namespace shmpath {

struct CheckMachine {
  MachineAnswers can;  // each is asked often, and is to answer at once the second time
  bool root = false;   // who runs shmpath
  bool is_vm = false;  // shmpath runs in its VM
};

struct CheckPlace {
  std::string place, view;  // "host" or "vm"; "functions", "tracepoints" or "syscalls"
  std::string why;          // not a better one, or "as asked"; with place "": not at all
  std::string kernel;       // of the VM, as asked
  bool found() const { return !place.empty(); }
};

struct PlaceWish {
  std::string place = "auto", view = "auto", kernel;
};

// The first that works of functions, tracepoints and system calls, each on the host and in the VM.
CheckPlace find_check_place(const Exercise& exercise, const CheckMachine& machine,
                            const PlaceWish& wish);

// This machine; what it can do is tried once, when it is first asked for.
CheckMachine this_check_machine(const std::string& kernel);

// "in the VM, functions view (no functions on the host: ...)"
std::string place_text(const CheckPlace& place, bool chinese);

}  // namespace shmpath
