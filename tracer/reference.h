// SPDX-License-Identifier: BSD-2-Clause
//
// What `explain` knows beside the flows: labs/calls.toml, the calls of the C library, system calls
// and trace points in words; and the names that functions have on the kernels that were measured,
// which are read from the table of docs/kernel-support.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tracer/flow.h"

namespace shmpath {

// A function of the C library, a system call, or a trace point.
struct Call {
  std::string name;
  std::vector<std::string> names;   // others that it goes by
  std::vector<std::string> layers;  // user, syscall, point; both of the first two where the
                                    // function of the C library only makes the system call
  std::string source;               // file in the kernel tree; "" for a C library function
  std::string man;                  // "shm_open(3)"; "" for a trace point
  Text text;
  bool has_layer(std::string_view layer) const;
};

// Strict, as parse_flow is.
std::vector<Call> parse_calls(std::string_view text, const std::string& file);

// The table that tests/vm/kernel_table.py writes.
struct KernelTable {
  std::vector<std::string> kernels;  // its columns: "5.10"
  // By the name of the function, its mark on each kernel: "yes", "as `f.constprop.0`", "-".
  std::map<std::string, std::vector<std::string>> marks;
  // The names out of `names` that this kernel has; nothing where the table has none of them.
  std::optional<std::vector<std::string>> names_on(std::size_t kernel,
                                                   const std::vector<std::string>& names) const;
};

// Throws Failure for a table that it does not understand.
KernelTable parse_kernel_table(std::string_view text, const std::string& file);

struct Reference {
  Catalogue catalogue;
  std::vector<Call> calls;
  KernelTable kernels;  // no columns where the file is not there
};

// calls.toml of that folder. Throws Failure.
std::vector<Call> load_calls(const std::string& folder);

// From the folder of the labs, where the build puts all of it. In the source tree the table is
// in ../docs. Throws Failure.
Reference load_reference(const std::string& folder);

}  // namespace shmpath
