// SPDX-License-Identifier: BSD-2-Clause
//
// The kernel's own types (BTF): what a function takes and returns, and what its
// flags are called. Of the kernel and of the modules that are loaded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/functions.h"

struct btf;

namespace shmpath {

// Where a function stands in BTF, for fentry: `object` is 0 for the kernel itself.
struct FunctionType {
  std::uint32_t id = 0;
  std::uint32_t object = 0;  // id of the module's BTF object
  Prototype prototype;
};

class KernelTypes {
 public:
  // Throws Failure when the kernel's BTF cannot be read.
  KernelTypes();
  ~KernelTypes();
  KernelTypes(const KernelTypes&) = delete;
  KernelTypes& operator=(const KernelTypes&) = delete;

  // `module` is "" for the kernel. Nothing when it has no such function, as after an optimisation
  // that changed its parameters.
  std::optional<FunctionType> function(const std::string& module, const std::string& name);
  KernelNames names() const;
  // Whether a type, member or function of the kernel's own has that name.
  bool knows_word(std::string_view word) const;

 private:
  struct Types;
  Types* types_of(const std::string& module);
  std::unique_ptr<Types> kernel_;
  std::vector<std::unique_ptr<Types>> modules_;
};

}  // namespace shmpath
