// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/calls.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "tracer/call_tables.h"

namespace shmpath {

namespace {

std::string in_base(std::uint64_t value, int base) {
  char digits[32];
  char* const end = std::to_chars(std::begin(digits), std::end(digits), value, base).ptr;
  return {digits, end};
}

// As strace prints modes: a leading 0, and at least three digits.
std::string octal_text(std::uint64_t value) {
  const std::string digits = in_base(value, 8);
  if (digits.size() >= 3) return "0" + digits;
  return std::string(3 - digits.size(), '0') + digits;
}

std::string address_text(std::uint64_t value) { return value == 0 ? "NULL" : hex_text(value); }

// What the callee sees of a register: of an int only the lower half.
std::uint64_t as_unsigned(const ArgSpec& arg, std::uint64_t raw) {
  return arg.bits == 32 ? static_cast<std::uint32_t>(raw) : raw;
}

std::int64_t as_signed(const ArgSpec& arg, std::uint64_t raw) {
  return arg.bits == 32 ? static_cast<std::int32_t>(raw) : static_cast<std::int64_t>(raw);
}

const Name* find_value(Names names, std::uint64_t value) {
  const auto found = std::ranges::find(names, value, &Name::value);
  return found != names.end() ? &*found : nullptr;
}

Value number_or_name(const ArgSpec& arg, std::uint64_t raw) {
  const std::uint64_t value = as_unsigned(arg, raw);
  if (arg.kind == ArgKind::fd && as_signed(arg, raw) == AT_FDCWD) return "AT_FDCWD";
  if (arg.kind == ArgKind::size) return value;
  if (arg.kind == ArgKind::id && as_signed(arg, raw) != -1) return value;
  if (arg.kind == ArgKind::choice)
    if (const Name* name = find_value(arg.names, value)) return std::string(name->name);
  return as_signed(arg, raw);
}

std::string hex_or_name(const ArgSpec& arg, std::uint64_t raw) {
  const std::uint64_t value = as_unsigned(arg, raw);
  const Name* name = find_value(arg.names, value);
  return name ? std::string(name->name) : hex_text(value);
}

// Any kind but a string.
Value shown(const ArgSpec& arg, std::uint64_t raw) {
  switch (arg.kind) {
    case ArgKind::address:
    case ArgKind::out:
      return address_text(raw);
    case ArgKind::hex:
      return hex_or_name(arg, raw);
    case ArgKind::octal:
      return octal_text(as_unsigned(arg, raw));
    case ArgKind::flags:
      return flags_text(as_unsigned(arg, raw), arg.names, arg.octal_bits);
    default:
      return number_or_name(arg, raw);
  }
}

bool has_name(const ArgSpec& arg, std::uint64_t raw, std::string_view wanted) {
  const std::uint64_t value = as_unsigned(arg, raw);
  return std::ranges::any_of(arg.names, [&](const Name& name) {
    if (name.name != wanted) return false;
    return arg.kind == ArgKind::choice ? name.value == value : holds(value, name);
  });
}

bool has_any_name(const ArgSpec& arg, std::uint64_t raw, std::string_view wanted) {
  while (!wanted.empty()) {
    const std::size_t bar = wanted.find('|');
    if (has_name(arg, raw, wanted.substr(0, bar))) return true;
    wanted = bar == std::string_view::npos ? "" : wanted.substr(bar + 1);
  }
  return false;
}

}  // namespace

std::size_t register_of(const CallSpec& spec, std::size_t index) {
  const std::int8_t reg = spec.args[index].reg;
  return reg < 0 ? index : static_cast<std::size_t>(reg);
}

std::string hex_text(std::uint64_t value) { return "0x" + in_base(value, 16); }

std::string flags_text(std::uint64_t value, Names names, std::uint64_t octal_bits) {
  std::string text;
  const auto append = [&text](std::string_view part) {
    if (!text.empty()) text += '|';
    text += part;
  };
  std::uint64_t left = value & ~octal_bits;
  for (const Name& name : names) {
    // A field is looked for in the whole value: an earlier name may have taken some of its bits.
    if (!holds(name.mask != 0 ? value : left, name)) continue;
    append(name.name);
    left &= ~name.value;
  }
  if (left != 0) append(hex_text(left));
  if (octal_bits != 0 && value != 0) append(octal_text(value & octal_bits));
  return text.empty() ? "0" : text;
}

bool arg_applies(const CallSpec& spec, std::size_t index, std::span<const std::uint64_t> raw) {
  const std::string_view wanted = spec.args[index].only_with;
  if (wanted.empty()) return true;
  for (std::size_t before = index; before-- > 0;) {
    const ArgSpec& arg = spec.args[before];
    if (arg.kind != ArgKind::flags && arg.kind != ArgKind::choice) continue;
    const std::size_t reg = register_of(spec, before);
    if (reg == register_of(spec, index)) continue;  // an alternative of the same register
    return reg < raw.size() && has_any_name(arg, raw[reg], wanted);
  }
  return false;
}

Args decode_args(const CallSpec& spec, std::span<const std::uint64_t> raw,
                 std::span<const std::string* const> strings, std::vector<std::string>& unread) {
  Args args;
  std::uint64_t done = 0;  // bit i: register i is dealt with
  for (std::size_t i = 0; i < spec.args.size(); ++i) {
    const ArgSpec& arg = spec.args[i];
    const std::size_t reg = register_of(spec, i);
    if (reg >= raw.size() || (done >> reg & 1) != 0) continue;
    if (arg.kind != ArgKind::out && !arg_applies(spec, i, raw)) continue;
    done |= std::uint64_t{1} << reg;
    if (arg.kind == ArgKind::absent) continue;
    Value value;
    if (arg.kind != ArgKind::string) {
      value = shown(arg, raw[reg]);
    } else if (reg < strings.size() && strings[reg] != nullptr) {
      value = *strings[reg];
    } else if (raw[reg] == 0) {
      value = "NULL";
    } else {
      unread.emplace_back(arg.name);
    }
    args.push_back({std::string(arg.name), std::move(value)});
  }
  return args;
}

Args raw_args(std::span<const std::uint64_t> raw) {
  Args args;
  for (std::size_t i = 0; i < raw.size(); ++i)
    args.push_back({"arg" + std::to_string(i), hex_text(raw[i])});
  return args;
}

Value decode_syscall_ret(const CallSpec* spec, std::int64_t ret, std::string& error) {
  constexpr std::int64_t max_errno = 4095;  // MAX_ERRNO in include/linux/err.h
  error.clear();
  if (ret < 0 && ret >= -max_errno) {
    error = errno_name(static_cast<int>(-ret));
    return ret;
  }
  const RetKind kind = spec != nullptr ? spec->ret : RetKind::number;
  const auto bits = static_cast<std::uint64_t>(ret);
  if (kind == RetKind::address || kind == RetKind::mapping) return address_text(bits);
  return ret;
}

Value decode_user_ret(const CallSpec& spec, std::int64_t ret) {
  const auto low = static_cast<std::int32_t>(ret);
  const auto bits = static_cast<std::uint64_t>(ret);
  switch (spec.ret) {
    case RetKind::integer:
      return std::int64_t{low};
    case RetKind::hex:
      if (low == -1) return std::int64_t{-1};
      return hex_text(static_cast<std::uint32_t>(low));
    case RetKind::mapping:
      if (ret == -1) return "MAP_FAILED";
      return address_text(bits);
    case RetKind::address:
      if (ret == -1) return std::int64_t{-1};
      return address_text(bits);
    case RetKind::number:
      return ret;
  }
  return ret;
}

}  // namespace shmpath
