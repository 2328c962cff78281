// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <functional>
#include <limits>

#include "tracer/fd.h"

namespace shmpath {
namespace {

constexpr std::string_view function_types = "tTwW";
// Room for the symbols of a large kernel. What of it is not used takes no memory.
constexpr std::size_t usual_names_bytes = 16 << 20;
constexpr std::size_t usual_symbols = 1 << 19;

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

Symbols::Symbols(std::string_view text) {
  while (!text.empty()) take_line(take_until(text, '\n'));
  all_taken();
}

// A page at a time, as the kernel gives it: the whole text is never there.
Symbols Symbols::of_this_kernel() {
  Symbols symbols;
  const Fd file(open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
  if (!file) return symbols;
  symbols.names_.reserve(usual_names_bytes);
  symbols.by_address_.reserve(usual_symbols);
  char piece[1 << 14];
  std::size_t begun = 0;  // of a line whose end has not come
  while (true) {
    const ssize_t got = read(file.get(), piece + begun, sizeof piece - begun);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    std::string_view rest(piece, begun + static_cast<std::size_t>(got));
    while (rest.find('\n') != std::string_view::npos) symbols.take_line(take_until(rest, '\n'));
    begun = rest.size() < sizeof piece ? rest.size() : 0;  // no symbol is that long
    std::copy(rest.end() - static_cast<std::ptrdiff_t>(begun), rest.end(), piece);
  }
  symbols.all_taken();
  return symbols;
}

void Symbols::take_line(std::string_view line) {
  auto address = parse_hex(take_until(line, ' '));
  std::string_view type = take_until(line, ' ');
  std::string_view name = take_until(line, '\t');  // a module's name follows, as [vgem]
  std::string_view module = line.size() > 2 ? line.substr(1, line.size() - 2) : "";
  if (!address || type.size() != 1 || function_types.find(type[0]) == std::string_view::npos ||
      name.empty() || name.size() > std::numeric_limits<std::uint16_t>::max() ||
      names_.size() > std::numeric_limits<std::uint32_t>::max())
    return;
  addresses_shown_ |= *address != 0;
  by_address_.push_back({*address, static_cast<std::uint32_t>(names_.size()),
                         static_cast<std::uint16_t>(name.size()), number_of_module(module)});
  names_ += name;
}

// They are listed module by module.
std::uint16_t Symbols::number_of_module(std::string_view name) {
  if (name.empty()) return 0;
  if (modules_.back() != name) modules_.emplace_back(name);
  return static_cast<std::uint16_t>(modules_.size() - 1);
}

// The kernel lists its own in order, so mostly there is little to do.
void Symbols::all_taken() {
  auto before = [](const Row& a, const Row& b) { return a.address < b.address; };
  if (!std::is_sorted(by_address_.begin(), by_address_.end(), before))
    std::stable_sort(by_address_.begin(), by_address_.end(), before);
}

Symbol Symbols::symbol_of(const Row& row) const {
  return {row.address, name_of(row), modules_[row.module]};
}

std::optional<Symbol> Symbols::at(std::uint64_t address) const {
  if (!addresses_shown_) return std::nullopt;
  auto after = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                                [](std::uint64_t a, const Row& row) { return a < row.address; });
  if (after == by_address_.begin()) return std::nullopt;
  // where several names share an address, the first one listed
  std::uint64_t start = std::prev(after)->address;
  return symbol_of(
      *std::lower_bound(by_address_.begin(), after, start,
                        [](const Row& row, std::uint64_t a) { return row.address < a; }));
}

// Where the name is, or would be.
std::size_t Symbols::slot_of(std::string_view base) const {
  const std::size_t mask = by_name_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(base)&mask;
  while (by_name_[slot] && base_name(name_of(by_address_[by_name_[slot] - 1])) != base)
    slot = (slot + 1) & mask;
  return slot;
}

void Symbols::make_index() const {
  by_name_.resize(std::bit_ceil(2 * by_address_.size() + 1));
  for (std::size_t i = 0; i < by_address_.size(); i++) {
    const std::string_view symbol = name_of(by_address_[i]);
    // foo.cold is the unlikely half of foo, not another foo
    if (symbol.find(".cold") != std::string_view::npos) continue;
    const std::string_view base = base_name(symbol);
    std::uint32_t& known = by_name_[slot_of(base)];
    const bool better = symbol == base && known && name_of(by_address_[known - 1]) != symbol;
    if (!known || better) known = static_cast<std::uint32_t>(i + 1);
  }
}

std::optional<Symbol> Symbols::named(std::string_view name) const {
  if (by_name_.empty()) make_index();
  const std::uint32_t found = by_name_[slot_of(name)];
  if (!found) return std::nullopt;
  return symbol_of(by_address_[found - 1]);
}

}  // namespace shmpath
