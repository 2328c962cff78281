// SPDX-License-Identifier: BSD-2-Clause
//
// The words in which the tables of calls are written: one function for each
// kind of argument, so that a row reads like the man page's prototype.
#pragma once

#include <span>

#include "tracer/calls.h"

// A row of a table of names: the constant, under its own name.
#define N(constant) \
  Name { static_cast<std::uint64_t>(constant), #constant }
// The same for one value of a field of several bits.
#define FIELD(constant, mask) \
  Name { static_cast<std::uint64_t>(constant), #constant, static_cast<std::uint64_t>(mask) }
// What `flags` is when none of its bits is set, such as PROT_NONE. (Not by way of FIELD: the
// constant would be expanded before # sees it.)
#define NOTHING_SET(constant)                                             \
  Name {                                                                  \
    static_cast<std::uint64_t>(constant), #constant, ~std::uint64_t { 0 } \
  }

namespace shmpath {

using Names = std::span<const Name>;

// C types of 32 bits.
constexpr ArgSpec integer(std::string_view name) {
  return {.name = name, .kind = ArgKind::number, .bits = 32};
}
constexpr ArgSpec unsigned_integer(std::string_view name) {
  return {.name = name, .kind = ArgKind::size, .bits = 32};
}
constexpr ArgSpec id(std::string_view name) {
  return {.name = name, .kind = ArgKind::id, .bits = 32};
}
constexpr ArgSpec fd(std::string_view name) {
  return {.name = name, .kind = ArgKind::fd, .bits = 32};
}
constexpr ArgSpec mode(std::string_view name = "mode") {
  return {.name = name, .kind = ArgKind::octal, .bits = 32};
}
constexpr ArgSpec flags(std::string_view name, Names names) {
  return {.name = name, .kind = ArgKind::flags, .names = names, .bits = 32};
}
constexpr ArgSpec choice(std::string_view name, Names names) {
  return {.name = name, .kind = ArgKind::choice, .names = names, .bits = 32};
}
constexpr ArgSpec hex32(std::string_view name, Names names = {}) {
  return {.name = name, .kind = ArgKind::hex, .names = names, .bits = 32};
}
// The low nine bits are permissions, as in IPC_CREAT|0600.
constexpr ArgSpec flags_and_mode(std::string_view name, Names names) {
  return {.name = name, .kind = ArgKind::flags, .names = names, .bits = 32, .octal_bits = 0777};
}

// C types of 64 bits.
constexpr ArgSpec offset(std::string_view name = "offset") {
  return {.name = name, .kind = ArgKind::number};
}
constexpr ArgSpec size(std::string_view name) { return {.name = name, .kind = ArgKind::size}; }
constexpr ArgSpec hex(std::string_view name) { return {.name = name, .kind = ArgKind::hex}; }
constexpr ArgSpec long_flags(std::string_view name, Names names) {
  return {.name = name, .kind = ArgKind::flags, .names = names};
}

// Pointers.
constexpr ArgSpec address(std::string_view name) {
  return {.name = name, .kind = ArgKind::address};
}
constexpr ArgSpec text(std::string_view name) { return {.name = name, .kind = ArgKind::string}; }

using OutDecoder = Args(std::span<const char> bytes);

constexpr ArgSpec out(std::string_view name, std::uint16_t bytes, OutDecoder* decode) {
  return {.name = name, .kind = ArgKind::out, .out_bytes = bytes, .decode_out = decode};
}

// Refinements.
constexpr ArgSpec only_with(std::string_view names, ArgSpec arg) {
  arg.only_with = names;
  return arg;
}
constexpr ArgSpec at(std::int8_t reg, ArgSpec arg) {
  arg.reg = reg;
  return arg;
}
constexpr ArgSpec absent(std::int8_t reg) {
  return {.name = "", .kind = ArgKind::absent, .reg = reg};
}

// What a call left in a buffer (calls_out.cpp, calls_bpf.cpp), and how much of it is worth copying.
OutDecoder decode_stat, decode_statx, decode_shmid_ds, decode_bpf_program, decode_bpf_map;
extern const std::uint16_t stat_bytes, statx_bytes, shmid_ds_bytes;

// The system calls by subject. A row whose name this architecture does not have is never found.
std::span<const CallSpec> file_calls();
std::span<const CallSpec> path_calls();
std::span<const CallSpec> memory_calls();
std::span<const CallSpec> ipc_calls();
std::span<const CallSpec> process_calls();
std::span<const CallSpec> time_and_poll_calls();
std::span<const CallSpec> bpf_calls();

// Whether `value` has what that row names.
constexpr bool holds(std::uint64_t value, const Name& name) {
  const std::uint64_t mask = name.mask != 0 ? name.mask : name.value;
  return mask != 0 && (value & mask) == name.value;
}

// "O_RDWR|O_CREAT": the names, then what no name covers in hex, then `octal_bits` as permissions.
// "0" when no bit is set and no name stands for that.
std::string flags_text(std::uint64_t value, Names names, std::uint64_t octal_bits = 0);
std::string hex_text(std::uint64_t value);

}  // namespace shmpath
