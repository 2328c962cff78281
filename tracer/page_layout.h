// SPDX-License-Identifier: BSD-2-Clause
//
// What a page's address and flags say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace shmpath {

// Where the kernel keeps its struct pages, so that a page's address gives its frame number, and
// which bits of their flags mean what. Zeroes where it is not known: the fields are left out.
struct PageLayout {
  std::uint64_t base = 0;                              // address of the struct page of frame 0
  std::uint64_t bytes = 0;                             // sizeof(struct page)
  int swapbacked = -1, active = -1, unevictable = -1;  // bit numbers (enum pageflags)
  bool multi_gen = false;                              // the multi-generational LRU keeps the lists

  // The frame number of the page at this address; nothing where the layout is not known, or the
  // address is not that of a page, as null is not.
  std::optional<std::uint64_t> frame_number(std::uint64_t page) const {
    if (!base || !bytes || page < base) return std::nullopt;
    return (page - base) / bytes;
  }
  // The LRU list that a page with these flags belongs on: "inactive_anon", or, where the
  // multi-generational LRU keeps them, only "anon"; "" where the bits are not known.
  std::string lru_list(std::uint64_t flags) const {
    auto set = [&](int bit) { return bit >= 0 && flags >> bit & 1; };
    if (swapbacked < 0) return "";
    std::string kind = set(swapbacked) ? "anon" : "file";
    return set(unevictable) ? "unevictable"
           : multi_gen      ? kind
           : set(active)    ? "active_" + kind
                            : "inactive_" + kind;
  }
};

}  // namespace shmpath
