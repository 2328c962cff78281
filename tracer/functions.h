// SPDX-License-Identifier: BSD-2-Clause
//
// Kernel functions that are probed: what of their arguments is recorded, and how
// that is shown. Pure: the prototypes are given (tracer/prototypes.cpp reads them
// from the kernel's own BTF).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/event.h"
#include "bpf/layout.h"
#include "tracer/event.h"
#include "tracer/page_layout.h"

namespace shmpath {

// The values of an enum of this kernel's, by which flags and choices are named.
struct ValueName {
  std::uint64_t value;
  std::string name;
};
using ValueNames = std::vector<ValueName>;

enum class TypeKind { nothing, integer, boolean, enumeration, pointer, other };

// A parameter's or return value's type, as far as it matters for showing it.
struct TypeSeen {
  TypeKind kind = TypeKind::other;
  bool is_signed = false;
  unsigned bits = 64;
  std::string name;  // of the typedef, the enum, or the struct that a pointer points to
  bool to_struct = false, to_const_char = false;
  ValueNames names;  // enumeration
};

struct Parameter {
  std::string name;
  TypeSeen type;
};

struct Prototype {
  std::vector<Parameter> parameters;
  TypeSeen ret;
};

struct ShownArg {
  std::string name;  // the parameter's
  TypeSeen type;
  u8 reg, take, at;  // as in function_arg
};

// A probed function. Its place in the table is the number in its records.
struct FunctionSpec {
  std::string name;    // documented
  std::string symbol;  // the kernel's own, where it differs; else ""
  std::vector<ShownArg> args;
  std::vector<std::string> only;  // names to show; empty: all
  TypeSeen ret;
  bool returns_known = true;  // false without a prototype: the return value is shown as hex
  bool tells_list = false;    // it is given an LRU list's owner: show which list the folio is for
};

// How flags of this kernel's own are named.
struct KernelNames {
  ValueNames page_flags;     // enum pageflags: bit numbers
  ValueNames fault_flags;    // enum fault_flag
  ValueNames fault_reasons;  // enum vm_fault_reason
};

// All that were probed, in the order of their numbers.
struct FunctionTable {
  std::vector<FunctionSpec> specs;
  KernelNames names;
};

// Which arguments are recorded: those of a type that is known, in the order of the parameters,
// as far as registers and room allow. Of what they give, only the names in `only` are shown, unless
// it is empty.
FunctionSpec make_spec(std::string name, std::string symbol,
                       const std::optional<Prototype>& prototype,
                       std::vector<std::string> only = {});

// What the BPF side is told.
function_layout layout_of(const FunctionSpec& spec);

// The arguments as shown: "pfn", "flags", "inode" and "index" of a folio, "address", "pgoff" and
// "flags" of a fault ... A name that an argument before it has is written parameter_name. `values`
// are the record's; those missing in a shorter record are not shown.
Args function_args(const FunctionSpec& spec, const KernelNames& names, const PageLayout& pages,
                   std::span<const std::uint64_t> values);

// The value a function returned, and errno's name where it is one ("" otherwise).
Value function_ret(const FunctionSpec& spec, const KernelNames& names, std::int64_t ret,
                   std::string& error);

// "A|B|0x100": the names of the bits set.
std::string bit_names(std::uint64_t value, const ValueNames& names);

}  // namespace shmpath
