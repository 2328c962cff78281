// SPDX-License-Identifier: BSD-2-Clause
#include <cstdlib>
#include <string_view>

#include "tracer/place.h"

namespace shmpath {

bool in_guest() {
  const char* place = getenv("SHMPATH_PLACE");
  return place && std::string_view(place) == "vm";
}

}  // namespace shmpath
