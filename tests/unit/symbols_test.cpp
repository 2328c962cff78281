// SPDX-License-Identifier: BSD-2-Clause
//
// The kernel's symbol table, from text in the format of /proc/kallsyms.
#include "tracer/symbols.h"

#include "tests/catch.h"
#include "tracer/files.h"

using namespace shmpath;

namespace {

const char* const table =
    "ffffffff81000000 T _text\n"
    "ffffffff81000100 t shmem_fault\n"
    "ffffffff81000200 T handle_mm_fault\n"
    "ffffffff81000200 t handle_mm_fault_alias\n"
    "ffffffff81000300 D some_data\n"
    "ffffffff81000310 r some_constant\n"
    "ffffffff81000400 W arch_weak\n"
    "ffffffff81000500 w arch_weak_local\n"
    "ffffffff81000600 t ksys_shmctl.constprop.0\n"
    "ffffffff81000700 t do_shm.isra.0\n"
    "ffffffff81000800 t do_shm.cold\n"
    "ffffffff81000900 t only_cold.cold\n"
    "ffffffffc0000000 t vivid_open\t[vivid]\n"
    "ffffffffc0000100 T vivid_close\t[vivid]\n";

std::string name_at(const Symbols& symbols, std::uint64_t address) {
  auto symbol = symbols.at(address);
  return symbol ? std::string(symbol->name) : "nothing";
}

std::uint64_t address_of(const Symbols& symbols, std::string_view name) {
  auto symbol = symbols.named(name);
  return symbol ? symbol->address : 0;
}

}  // namespace

TEST_CASE("An address belongs to the function that begins last before it") {
  const Symbols symbols(table);
  CHECK(symbols.addresses_shown());
  CHECK(name_at(symbols, 0xffffffff80ffffff) == "nothing");
  CHECK(name_at(symbols, 0xffffffff81000000) == "_text");
  CHECK(name_at(symbols, 0xffffffff810000ff) == "_text");
  CHECK(name_at(symbols, 0xffffffff81000100) == "shmem_fault");
  CHECK(name_at(symbols, 0xffffffff810001ff) == "shmem_fault");
  CHECK(symbols.at(0xffffffff81000123)->address == 0xffffffff81000100);
}

TEST_CASE("Of two names at one address, the first listed is given") {
  const Symbols symbols(table);
  CHECK(name_at(symbols, 0xffffffff81000200) == "handle_mm_fault");
  CHECK(name_at(symbols, 0xffffffff81000280) == "handle_mm_fault");
  CHECK(address_of(symbols, "handle_mm_fault_alias") == 0xffffffff81000200);
}

TEST_CASE("However many names an address has, the first listed is given") {
  std::string text;
  for (int i = 0; i < 200; i++)
    text += (i % 2 ? "1000 T a" : "2000 T b") + std::to_string(i) + "\n";
  const Symbols symbols(text);
  CHECK(name_at(symbols, 0x1000) == "a1");
  CHECK(name_at(symbols, 0x2000) == "b0");
}

TEST_CASE("Only functions count, weak ones too") {
  const Symbols symbols(table);
  CHECK(name_at(symbols, 0xffffffff81000318) == "handle_mm_fault");
  CHECK_FALSE(symbols.named("some_data"));
  CHECK_FALSE(symbols.named("some_constant"));
  CHECK(address_of(symbols, "arch_weak") == 0xffffffff81000400);
  CHECK(address_of(symbols, "arch_weak_local") == 0xffffffff81000500);
}

TEST_CASE("A module's function has no module in its name") {
  const Symbols symbols(table);
  CHECK(name_at(symbols, 0xffffffffc0000080) == "vivid_open");
  CHECK(address_of(symbols, "vivid_close") == 0xffffffffc0000100);
}

TEST_CASE("A function is found whatever suffix the compiler gave it") {
  const Symbols symbols(table);
  CHECK(base_name("ksys_shmctl.constprop.0") == "ksys_shmctl");
  CHECK(base_name("shmem_fault") == "shmem_fault");
  CHECK(address_of(symbols, "ksys_shmctl") == 0xffffffff81000600);
  CHECK(symbols.named("ksys_shmctl")->name == "ksys_shmctl.constprop.0");
  CHECK_FALSE(symbols.named("ksys"));
  CHECK_FALSE(symbols.named("ksys_shmctl_"));
}

TEST_CASE("The unlikely half of a function is not the function") {
  const Symbols symbols(table);
  CHECK(address_of(symbols, "do_shm") == 0xffffffff81000700);
  CHECK_FALSE(symbols.named("only_cold"));
  // listed in any order, and beside the whole function
  const Symbols cold_first("1000 t f.cold\n2000 t f.isra.0\n");
  CHECK(address_of(cold_first, "f") == 0x2000);
  const Symbols plain_last("1000 t f.cold\n2000 t f.isra.0\n3000 T f\n");
  CHECK(address_of(plain_last, "f") == 0x3000);
  const Symbols cold_of_a_copy("1000 t f.constprop.0.cold\n2000 t f.constprop.0\n");
  CHECK(address_of(cold_of_a_copy, "f") == 0x2000);
}

TEST_CASE("Symbols are found in whatever order they are listed") {
  const Symbols symbols("3000 T c\n1000 T a\n2000 T b\n");
  CHECK(name_at(symbols, 0x1fff) == "a");
  CHECK(name_at(symbols, 0x2000) == "b");
  CHECK(name_at(symbols, 0x3001) == "c");
  CHECK(address_of(symbols, "a") == 0x1000);
}

TEST_CASE("Hidden addresses tell which functions there are, but not where") {
  const Symbols symbols(
      "0000000000000000 T shmem_fault\n0000000000000000 t do_shm.isra.0\n"
      "0000000000000000 T lru_add\n");
  CHECK_FALSE(symbols.addresses_shown());
  CHECK_FALSE(symbols.at(0));
  CHECK_FALSE(symbols.at(0xffffffff81000000));
  CHECK(symbols.named("shmem_fault"));
  CHECK(symbols.named("do_shm"));
  CHECK_FALSE(symbols.named("shmem_getpage"));
}

TEST_CASE("An empty table answers nothing") {
  const Symbols symbols("");
  CHECK_FALSE(symbols.addresses_shown());
  CHECK_FALSE(symbols.at(0));
  CHECK_FALSE(symbols.at(~std::uint64_t{0}));
  CHECK_FALSE(symbols.named(""));
  CHECK_FALSE(symbols.named("shmem_fault"));
}

TEST_CASE("A line that is no symbol is passed over") {
  const Symbols symbols(
      "\n\n   \nffffffff81000000\nffffffff81000000 T\nffffffff81000000 T \nnot a symbol at all\n"
      "xyz T no_address\n T no_address_either\n81000000 TT two_types\n2000 T good\n1000 t last");
  CHECK_FALSE(symbols.named("a"));
  CHECK_FALSE(symbols.named("symbol"));
  CHECK_FALSE(symbols.named("no_address"));
  CHECK_FALSE(symbols.named("no_address_either"));
  CHECK_FALSE(symbols.named("two_types"));
  CHECK(address_of(symbols, "good") == 0x2000);
  CHECK(address_of(symbols, "last") == 0x1000);
  CHECK(name_at(symbols, 0x1800) == "last");
}

TEST_CASE("The table of this kernel can be read") {
  const Symbols symbols = Symbols::of_this_kernel();
  if (!symbols.named("handle_mm_fault")) {
    WARN("/proc/kallsyms names no handle_mm_fault here");
    return;
  }
  if (symbols.addresses_shown())
    CHECK(base_name(symbols.at(symbols.named("handle_mm_fault")->address)->name) ==
          "handle_mm_fault");
}

TEST_CASE("This kernel's table, read a piece at a time, is that of its whole text") {
  const std::string text = read_file("/proc/kallsyms").value_or("");
  REQUIRE_FALSE(text.empty());
  const Symbols whole(text), pieces = Symbols::of_this_kernel();
  std::size_t differing = 0, functions = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string_view line = std::string_view(text).substr(at, text.find('\n', at) - at);
    const std::string_view name = line.substr(19, line.find('\t') - 19);
    const auto one = whole.named(name), other = pieces.named(name);
    functions += one.has_value();
    differing += one.has_value() != other.has_value() ||
                 (one && (one->address != other->address || one->module != other->module));
  }
  CHECK(functions > 1000);
  CHECK(differing == 0);
}
