// SPDX-License-Identifier: BSD-2-Clause
//
// What a kernel function's argument or return value looks like.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tracer/functions.h"

namespace shmpath {

// A parameter of that name is an address, whatever its type.
bool names_address(std::string_view name);

std::string hex(std::uint64_t value);
// Of a text that a BPF program took as words.
std::string words_text(std::span<const std::uint64_t> words);
// An integer, cut to its type's width.
Value integer(const TypeSeen& type, std::uint64_t value);
std::string enum_text(const TypeSeen& type, std::uint64_t value);
// One that is shown as it is, by its type and its name.
Value plain_value(const ShownArg& arg, const KernelNames& names, std::uint64_t value);

}  // namespace shmpath
