// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/symbols.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tracer/files.h"

namespace shmpath {
namespace {

constexpr std::string_view function_types = "tTwW";

std::string_view take_until(std::string_view& rest, char end) {
  std::size_t at = rest.find(end);
  std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

std::uint64_t parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (char c : digits)
    value = value << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  return value;
}

}  // namespace

std::string_view base_name(std::string_view symbol) { return symbol.substr(0, symbol.find('.')); }

Symbols::Symbols(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    std::uint64_t address = parse_hex(take_until(line, ' '));
    std::string_view type = take_until(line, ' ');
    std::string_view name = take_until(line, '\t');  // a module's name follows the tab
    if (type.size() != 1 || function_types.find(type[0]) == std::string_view::npos || name.empty())
      continue;
    addresses_shown_ |= address != 0;
    by_address_.push_back({address, name});
  }
  std::stable_sort(by_address_.begin(), by_address_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  by_name_.resize(by_address_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  std::sort(by_name_.begin(), by_name_.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(base_name(by_address_[a].name), a) <
           std::pair(base_name(by_address_[b].name), b);
  });
}

Symbols Symbols::of_this_kernel() { return Symbols(read_file("/proc/kallsyms").value_or("")); }

std::optional<Symbol> Symbols::at(std::uint64_t address) const {
  if (!addresses_shown_) return std::nullopt;
  auto after = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                                [](std::uint64_t a, const Symbol& s) { return a < s.address; });
  if (after == by_address_.begin()) return std::nullopt;
  // where several names share an address, the first one listed
  std::uint64_t start = std::prev(after)->address;
  return *std::lower_bound(by_address_.begin(), after, start,
                           [](const Symbol& s, std::uint64_t a) { return s.address < a; });
}

std::optional<Symbol> Symbols::named(std::string_view name) const {
  auto first = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [&](std::size_t i, std::string_view n) { return base_name(by_address_[i].name) < n; });
  std::optional<Symbol> found;
  for (; first != by_name_.end() && base_name(by_address_[*first].name) == name; ++first) {
    const Symbol& symbol = by_address_[*first];
    if (symbol.name == name) return symbol;
    // foo.cold is the unlikely half of foo, not another foo
    if (!found && symbol.name.find(".cold") == std::string_view::npos) found = symbol;
  }
  return found;
}

}  // namespace shmpath
