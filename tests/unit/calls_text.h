// SPDX-License-Identifier: BSD-2-Clause
//
// A call from registers to text, for the tests of the tables of calls.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/calls.h"

namespace shmpath {

inline std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return std::to_string(*number);
  return "null";
}

inline std::string text_of(const Args& args) {
  std::string text;
  for (const Arg& arg : args)
    text += (text.empty() ? "" : ", ") + arg.name + "=" + text_of(arg.value);
  return text;
}

inline const CallSpec& user_call(std::string_view name) {
  for (const CallSpec& spec : user_calls())
    if (spec.name == name) return spec;
  throw std::runtime_error("no such libc function");
}

inline const CallSpec& system_call(long number) {
  const CallSpec* spec = syscall_spec(static_cast<std::uint32_t>(number));
  if (spec == nullptr) throw std::runtime_error("no such system call");
  return *spec;
}

// A register as the C conversion of an int leaves it: sign-extended.
template <typename... Numbers>
std::vector<std::uint64_t> registers(Numbers... numbers) {
  std::vector<std::uint64_t> raw = {static_cast<std::uint64_t>(numbers)...};
  raw.resize(6);
  return raw;
}

// All string arguments read the same.
inline std::string decoded(const CallSpec& spec, const std::vector<std::uint64_t>& raw,
                           const std::string& text = "/shmtest") {
  const std::vector<const std::string*> strings(6, &text);
  std::vector<std::string> unread;
  return text_of(decode_args(spec, raw, strings, unread));
}

inline constexpr std::uint64_t garbage = 0xdeadbeef00000000;  // in the upper half of a register

}  // namespace shmpath
