// SPDX-License-Identifier: BSD-2-Clause
//
// What the fuzz targets have in common. Each is given bytes of anybody and must end in one of two
// ways: it understands them, or it throws Failure. Everything else ends the process and is a find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
