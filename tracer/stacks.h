// SPDX-License-Identifier: BSD-2-Clause
//
// From a stack's return addresses to the names of its functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "bpf/event.h"
#include "bpf/layout.h"
#include "tracer/event.h"
#include "tracer/symbols.h"

namespace shmpath {

// Names of the functions on a stack, innermost first, without the tracer's own frames at its end.
//
// A function that ends by jumping to another (a tail call) leaves no frame. The call
// instruction before the return address still names it, so it is put back: folio_add_lru, for
// one, appears on most kernels only this way.
std::vector<std::string> name_frames(const stack_frames& frames, const Symbols& symbols);

// Where the return addresses of an unwound stack lie in a copy of it: what the BPF side needs in
// order to recognise the stack without unwinding. `words` is the stack from the program's
// context (lowest address) to its top. Nothing when a return address stands at more than one
// place, for then it is not certain which one is live.
std::optional<known_stack> locate_frames(const stack_frames& frames, const stack_sample& sample);

// Resolves the keys that records carry, each once.
class Stacks {
 public:
  using Fetch = std::function<std::optional<stack_frames>(std::uint64_t key)>;
  Stacks(const Symbols& symbols, Fetch fetch) : symbols_(symbols), fetch_(std::move(fetch)) {}
  // Null when the key is 0 or unknown.
  Stack resolve(std::uint64_t key);
  // The functions that lead to an entered one, innermost first, itself left out. `ips` begins with
  // the tracer's own frames and the function's.
  Stack name_callers(std::span<const std::uint64_t> ips);
  // The stack goes through the kernel's work for our own probes: not the program's doing.
  bool ours(std::uint64_t key);

 private:
  const Symbols& symbols_;
  Fetch fetch_;
  std::unordered_map<std::uint64_t, Stack> known_;
  std::unordered_set<std::uint64_t> ours_;
};

}  // namespace shmpath
