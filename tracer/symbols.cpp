// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/symbols.h"

#include <algorithm>
#include <charconv>
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

std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view base_name(std::string_view symbol) { return symbol.substr(0, symbol.find('.')); }

Symbols::Symbols(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    auto address = parse_hex(take_until(line, ' '));
    std::string_view type = take_until(line, ' ');
    std::string_view name = take_until(line, '\t');  // a module's name follows, as [vgem]
    std::string_view module = line.size() > 2 ? line.substr(1, line.size() - 2) : "";
    if (!address || type.size() != 1 || function_types.find(type[0]) == std::string_view::npos ||
        name.empty())
      continue;
    addresses_shown_ |= *address != 0;
    by_address_.push_back({*address, name, module});
  }
  std::stable_sort(by_address_.begin(), by_address_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
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
  if (by_name_.empty()) {
    by_name_.reserve(by_address_.size());
    for (std::size_t i = 0; i < by_address_.size(); i++) {
      std::string_view symbol = by_address_[i].name;
      // foo.cold is the unlikely half of foo, not another foo
      if (symbol.find(".cold") != std::string_view::npos) continue;
      auto [place, is_new] = by_name_.try_emplace(base_name(symbol), i);
      bool better = symbol == place->first && by_address_[place->second].name != symbol;
      if (!is_new && better) place->second = i;
    }
  }
  auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(by_address_[found->second]);
}

}  // namespace shmpath
