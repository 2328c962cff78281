// SPDX-License-Identifier: BSD-2-Clause
//
// The kernel's own symbol table, /proc/kallsyms: from address to function and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

struct Symbol {
  std::uint64_t address;    // of its first byte
  std::string_view name;    // as the kernel has it, suffixes such as .isra.0 included
  std::string_view module;  // that it belongs to, "" for the kernel's own
};

// "ksys_shmctl" for "ksys_shmctl.constprop.0": the compiler's suffixes are not the author's.
std::string_view base_name(std::string_view symbol);

// Some hundred thousand of them, kept small. Owns the names; the views it hands out live as long as
// it does.
class Symbols {
 public:
  // `text` is in the format of /proc/kallsyms. Only functions (t, T, w, W) are kept.
  explicit Symbols(std::string_view text);
  static Symbols of_this_kernel();

  // The function that holds the address; nothing when there is none, or the addresses are hidden.
  std::optional<Symbol> at(std::uint64_t address) const;
  // The symbol of that name, with any of the compiler's suffixes if there is none without.
  std::optional<Symbol> named(std::string_view name) const;
  // No symbols at all: /proc/kallsyms could not be read.
  bool empty() const { return by_address_.empty(); }
  // False when every address reads 0: kernel.kptr_restrict hides them.
  bool addresses_shown() const { return addresses_shown_; }

 private:
  struct Row {
    std::uint64_t address;
    std::uint32_t name;  // where it begins
    std::uint16_t length;
    std::uint16_t module;  // its number
  };

  Symbols() = default;
  void take_line(std::string_view line);
  void all_taken();
  std::uint16_t number_of_module(std::string_view name);
  std::string_view name_of(const Row& row) const {
    return std::string_view(names_).substr(row.name, row.length);
  }
  Symbol symbol_of(const Row& row) const;
  std::size_t slot_of(std::string_view base) const;
  void make_index() const;

  std::string names_;  // one after the other
  std::vector<std::string> modules_ = {""};
  std::vector<Row> by_address_;
  // By name without suffixes: a hash table of rows, counted from 1, with 0 where none is. Made when
  // first asked for.
  mutable std::vector<std::uint32_t> by_name_;
  bool addresses_shown_ = false;
};

}  // namespace shmpath
