// SPDX-License-Identifier: BSD-2-Clause
//
// What a kernel function, a function of the C library, a system call, a trace point or a claim is,
// as text for people. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/reference.h"

namespace shmpath {

struct PageStyle {
  bool chinese = false;
  std::size_t width = 80;  // columns
};

// A name as it is looked for: "mmap(2)", "mmap()" and "kmem:mm_page_alloc" are taken as they are
// meant, and so are a symbol with a suffix of the compiler and a claim in small letters.
std::string plain_name(std::string_view asked);

// All that goes by this name, one paragraph each; "" where nothing does.
std::string explain(const Reference& reference, std::string_view asked, const PageStyle& style);

// Every name, a line each, with what it is.
std::string name_list(const Reference& reference, const PageStyle& style);

// The names that are most like this one, the likeliest first; at most `most`.
std::vector<std::string> near_names(const Reference& reference, std::string_view asked,
                                    std::size_t most);

// One paragraph each.
std::string function_page(const Reference& reference, const KernelFunction& function,
                          const std::string& asked, const PageStyle& style);
std::string call_page(const Reference& reference, const Call& call, const PageStyle& style);
std::string claim_page(const Flow& flow, const Claim& claim, const PageStyle& style);

// "https://.../man2/mmap.2.html" of "mmap(2)".
std::string man_url(const std::string& page);

}  // namespace shmpath
