// SPDX-License-Identifier: BSD-2-Clause
//
// Where a marker's arguments are, in the assembler's words: "-4@%ebx", "8@16(%rsp)", "4@$1".
// https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
#pragma once

#include <sys/user.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace shmpath {

// Fills the span from this address of the process; false where it cannot.
using FetchBytes = std::function<bool(std::uint64_t address, std::span<char> into)>;

// The argument of that place (from 0), with its sign; nothing when there is none, or it is
// written in a way that is not known here.
std::optional<std::uint64_t> marker_argument(std::string_view arguments, unsigned place,
                                             const user_regs_struct& regs, const FetchBytes& fetch);

}  // namespace shmpath
