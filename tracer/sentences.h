// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <map>
#include <string>
#include <utility>

#include "tracer/event.h"
#include "tracer/reference.h"

namespace shmpath {

// The one sentence that says what a call or a point is, by its layer and any of its names.
class Sentences {
 public:
  explicit Sentences(const Reference& reference);
  // Without text where there is none. A name that is explained as a C library function only, or as
  // a system call only, is not taken for the other.
  const Text& of(Layer layer, const std::string& name) const;

 private:
  std::map<std::pair<Layer, std::string>, Text> texts_;
};

}  // namespace shmpath
