// SPDX-License-Identifier: BSD-2-Clause
//
// From the ring's bytes to typed events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/event.h"
#include "tracer/calls.h"
#include "tracer/event.h"
#include "tracer/functions.h"
#include "tracer/stacks.h"

namespace shmpath {

// Records in, events out. Keeps the strings that travel ahead of their call, by thread.
class Decoder {
 public:
  // `functions` may grow while the trace goes on.
  Decoder(Stacks& stacks, const PageLayout& pages, const FunctionTable& functions)
      : stacks_(stacks), pages_(pages), functions_(functions) {}

  // The event of one record; nothing for one that only prepares a later one. Throws Failure for
  // bytes that are no record of this format.
  std::optional<Event> decode(std::span<const std::byte> bytes);

 private:
  struct Piece {
    unsigned arg;
    bool at_exit, is_string, unread, cut;
    std::string bytes;
  };
  std::optional<Event> call_event(std::uint16_t kind, std::span<const std::byte> bytes);
  std::optional<Event> point_event(std::uint16_t kind, std::span<const std::byte> bytes);
  Event call_entry(const call_enter& rec);
  Event call_return(const call_exit& rec);
  static void add_filled(Event& event, const CallSpec& spec, unsigned filled, const Piece& piece);
  void keep(const data& rec, std::size_t size);
  std::vector<Piece> take(std::uint32_t tid, bool at_exit);
  Event page_allocated(const page_alloc& rec);
  Event lru_inserted(const lru_insert& rec);
  Event function_entered(const function_enter& rec);
  Event function_returned(const call_exit& rec);

  Stacks& stacks_;
  PageLayout pages_;
  const FunctionTable& functions_;
  std::optional<std::uint64_t> first_t_;
  std::unordered_map<std::uint32_t, std::vector<Piece>> pieces_;  // by tid
  std::unordered_map<std::uint32_t, unsigned> filled_;  // by tid: which arguments its call fills
};

}  // namespace shmpath
