// SPDX-License-Identifier: BSD-2-Clause
//
// What of a call is read from the process besides its registers.
#pragma once

#include "bpf/layout.h"
#include "tracer/calls.h"

namespace shmpath {

inline call_layout layout_of(const CallSpec& spec) {
  call_layout layout{};
  for (std::size_t i = 0; i < spec.args.size() && i < MAX_CALL_ARGS; i++) {
    if (spec.args[i].kind == ArgKind::string) layout.strings |= static_cast<u8>(1U << i);
    if (spec.args[i].kind != ArgKind::out) continue;
    // several of one register are alternatives, of one size
    layout.buffer_arg = static_cast<u8>(register_of(spec, i) + 1);
    layout.buffer_bytes = spec.args[i].out_bytes;
  }
  return layout;
}

}  // namespace shmpath
