// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/function_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tracer/text.h"

namespace shmpath {
namespace {

bool names_permissions(std::string_view name) { return name == "mode" || name == "umode"; }

bool names_bits(std::string_view name) {
  return name.find("flag") != std::string_view::npos ||
         name.find("flg") != std::string_view::npos || name.starts_with("gfp") ||
         name.ends_with("prot") || name == "key" || name == "type";
}

std::uint64_t cut(const TypeSeen& type, std::uint64_t value) {
  return type.bits >= 64 ? value : value & ((std::uint64_t{1} << type.bits) - 1);
}

}  // namespace

bool names_address(std::string_view name) {
  return name.ends_with("addr") || name.ends_with("address") || name == "start" || name == "end";
}

std::string hex(std::uint64_t value) { return fmt::format("{:#x}", value); }

std::string words_text(std::span<const std::uint64_t> words) {
  char bytes[TEXT_VALUES * sizeof(std::uint64_t)] = {};
  std::memcpy(bytes, words.data(), std::min(words.size_bytes(), sizeof(bytes)));
  std::size_t length = strnlen(bytes, sizeof(bytes));
  bool cut = length == sizeof(bytes) - 1;  // the kernel's copy ends in NUL
  return escape_bytes({bytes, length}) + (cut ? "…" : "");
}

Value integer(const TypeSeen& type, std::uint64_t value) {
  if (type.bits >= 64)
    return type.is_signed ? Value{static_cast<std::int64_t>(value)} : Value{value};
  std::uint64_t mask = (std::uint64_t{1} << type.bits) - 1;
  value &= mask;
  if (!type.is_signed) return value;
  bool negative = value >> (type.bits - 1) & 1;
  return static_cast<std::int64_t>(negative ? value | ~mask : value);
}

std::string enum_text(const TypeSeen& type, std::uint64_t value) {
  for (const ValueName& name : type.names)
    if (static_cast<u32>(name.value) == static_cast<u32>(value)) return name.name;
  return hex(static_cast<u32>(value));
}

Value plain_value(const ShownArg& arg, const KernelNames& names, std::uint64_t value) {
  switch (arg.type.kind) {
    case TypeKind::pointer:
      return value ? hex(value) : "NULL";
    case TypeKind::boolean:
      return std::string(value & 1 ? "true" : "false");
    case TypeKind::enumeration:
      return enum_text(arg.type, value);
    default:
      if (names_address(arg.name)) return hex(value);
      if (arg.name == "flags" && arg.type.name == "fault_flag")
        return bit_names(value, names.fault_flags);
      if (names_bits(arg.name)) return hex(cut(arg.type, value));
      if (names_permissions(arg.name)) return fmt::format("0{:o}", cut(arg.type, value));
      return integer(arg.type, value);
  }
}

std::string bit_names(std::uint64_t value, const ValueNames& names) {
  if (value == 0) return "0";
  std::string text;
  for (const ValueName& name : names)
    if (name.value && (value & name.value) == name.value) {
      text += (text.empty() ? "" : "|") + name.name;
      value &= ~name.value;
    }
  if (value) text += (text.empty() ? "" : "|") + hex(value);
  return text;
}

}  // namespace shmpath
