// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/marker_args.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace shmpath {
namespace {

using Field = unsigned long long user_regs_struct::*;

// A register under each of its widths. The upper halves of the old ones (%ah) are not used.
struct Register {
  std::string_view names[4];
  Field field;
};
constexpr std::array<Register, 17> registers = {{
    {{"rax", "eax", "ax", "al"}, &user_regs_struct::rax},
    {{"rbx", "ebx", "bx", "bl"}, &user_regs_struct::rbx},
    {{"rcx", "ecx", "cx", "cl"}, &user_regs_struct::rcx},
    {{"rdx", "edx", "dx", "dl"}, &user_regs_struct::rdx},
    {{"rsi", "esi", "si", "sil"}, &user_regs_struct::rsi},
    {{"rdi", "edi", "di", "dil"}, &user_regs_struct::rdi},
    {{"rbp", "ebp", "bp", "bpl"}, &user_regs_struct::rbp},
    {{"rsp", "esp", "sp", "spl"}, &user_regs_struct::rsp},
    {{"r8", "r8d", "r8w", "r8b"}, &user_regs_struct::r8},
    {{"r9", "r9d", "r9w", "r9b"}, &user_regs_struct::r9},
    {{"r10", "r10d", "r10w", "r10b"}, &user_regs_struct::r10},
    {{"r11", "r11d", "r11w", "r11b"}, &user_regs_struct::r11},
    {{"r12", "r12d", "r12w", "r12b"}, &user_regs_struct::r12},
    {{"r13", "r13d", "r13w", "r13b"}, &user_regs_struct::r13},
    {{"r14", "r14d", "r14w", "r14b"}, &user_regs_struct::r14},
    {{"r15", "r15d", "r15w", "r15b"}, &user_regs_struct::r15},
    {{"rip", "rip", "rip", "rip"}, &user_regs_struct::rip},
}};

// "%ebx"
std::optional<std::uint64_t> register_value(std::string_view word, const user_regs_struct& regs) {
  if (!word.starts_with('%')) return std::nullopt;
  word.remove_prefix(1);
  for (const Register& reg : registers)
    if (std::find(std::begin(reg.names), std::end(reg.names), word) != std::end(reg.names))
      return regs.*reg.field;
  return std::nullopt;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "-16(%rbp)", "(%rax,%rbx,8)": the address that it stands for.
std::optional<std::uint64_t> address_of(std::string_view word, const user_regs_struct& regs) {
  std::size_t open = word.find('(');
  if (open == std::string_view::npos || !word.ends_with(')')) return std::nullopt;
  std::int64_t offset = 0;
  if (open > 0) {
    auto written = number(word.substr(0, open));
    if (!written) return std::nullopt;
    offset = *written;
  }
  std::string_view inside = word.substr(open + 1, word.size() - open - 2);
  std::string_view parts[3];
  for (std::string_view& part : parts) {
    part = inside.substr(0, inside.find(','));
    inside.remove_prefix(std::min(part.size() + 1, inside.size()));
  }
  auto base = register_value(parts[0], regs);
  auto index = parts[1].empty() ? std::optional<std::uint64_t>(0) : register_value(parts[1], regs);
  auto scale = parts[2].empty() ? std::optional<std::int64_t>(1) : number(parts[2]);
  if (!base || !index || !scale) return std::nullopt;
  return *base + *index * static_cast<std::uint64_t>(*scale) + static_cast<std::uint64_t>(offset);
}

// Of so many bytes; negative: signed.
std::uint64_t cut_to(std::uint64_t value, std::int64_t bytes) {
  auto bits = static_cast<unsigned>(std::abs(bytes) * 8);
  if (bits == 0 || bits >= 64) return value;
  std::uint64_t low = value << (64 - bits);
  return bytes < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(low) >> (64 - bits))
                   : low >> (64 - bits);
}

}  // namespace

std::optional<std::uint64_t> marker_argument(std::string_view arguments, unsigned place,
                                             const user_regs_struct& regs,
                                             const FetchBytes& fetch) {
  for (; place > 0; place--) {
    std::size_t space = arguments.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    arguments.remove_prefix(space + 1);
  }
  std::string_view word = arguments.substr(0, arguments.find(' '));
  std::size_t at = word.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  auto bytes = number(word.substr(0, at));
  word.remove_prefix(at + 1);
  if (!bytes) return std::nullopt;
  if (word.starts_with('$')) {
    auto value = number(word.substr(1));
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
  }
  if (auto value = register_value(word, regs)) return cut_to(*value, *bytes);
  auto address = address_of(word, regs);
  std::uint64_t value = 0;
  auto size = static_cast<std::size_t>(std::abs(*bytes));
  if (!address || size > sizeof(value) || !fetch(*address, {reinterpret_cast<char*>(&value), size}))
    return std::nullopt;
  return cut_to(value, *bytes);
}

}  // namespace shmpath
