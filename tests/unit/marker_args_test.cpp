// SPDX-License-Identifier: BSD-2-Clause
//
// A marker's arguments, from the assembler's words to values.
#include "tracer/marker_args.h"

#include <cstring>

#include "tests/catch.h"

using namespace shmpath;

namespace {

// Registers, and a memory in which every address holds its own number.
struct Fixture {
  user_regs_struct regs{};
  std::optional<std::uint64_t> argument(std::string_view arguments, unsigned place = 0) const {
    return marker_argument(arguments, place, regs, [](std::uint64_t address, std::span<char> into) {
      if (address < 0x1000) return false;
      std::memcpy(into.data(), &address, into.size());
      return true;
    });
  }
};

}  // namespace

TEST_CASE("An argument in a register is taken in its width and with its sign") {
  Fixture f;
  f.regs.rbx = 0xaaaaaaaafffffff0;
  f.regs.r9 = 0x1234;
  CHECK(f.argument("-4@%ebx") == static_cast<std::uint64_t>(-16));
  CHECK(f.argument("4@%ebx") == 0xfffffff0);
  CHECK(f.argument("8@%rbx") == 0xaaaaaaaafffffff0);
  CHECK(f.argument("-8@%rbx") == 0xaaaaaaaafffffff0);
  CHECK(f.argument("2@%bx") == 0xfff0);
  CHECK(f.argument("1@%bl") == 0xf0);
  CHECK(f.argument("4@%r9d") == 0x1234);
  CHECK(f.argument("1@%r9b") == 0x34);
}

TEST_CASE("An argument may be a constant") {
  const Fixture f;
  CHECK(f.argument("-4@$7") == 7);
  CHECK(f.argument("-4@$-7") == static_cast<std::uint64_t>(-7));
}

TEST_CASE("An argument may be in memory, at an address made of registers") {
  Fixture f;
  f.regs.rbp = 0x8000;
  f.regs.rax = 0x10;
  CHECK(f.argument("8@(%rbp)") == 0x8000);
  CHECK(f.argument("8@-16(%rbp)") == 0x7ff0);
  CHECK(f.argument("8@32(%rbp,%rax,8)") == 0x80a0);
  CHECK(f.argument("8@(%rbp,%rax)") == 0x8010);
  CHECK(f.argument("-2@-16(%rbp)") == 0x7ff0);
  CHECK(f.argument("8@(%rax)") == std::nullopt);  // cannot be read
}

TEST_CASE("Each argument is found by its place") {
  Fixture f;
  f.regs.rbx = 3;
  f.regs.rbp = 0x8000;
  CHECK(f.argument("-4@%ebx 8@%rbp", 0) == 3);
  CHECK(f.argument("-4@%ebx 8@%rbp", 1) == 0x8000);
  CHECK(f.argument("-4@%ebx 8@%rbp", 2) == std::nullopt);
}

TEST_CASE("What is written in another way is no argument") {
  const Fixture f;
  for (const char* text : {"", " ", "@", "4@", "%eax", "x@%eax", "4@%", "4@%xyz", "4@$", "4@$x",
                           "4@(", "4@()", "4@)", "4@x(%rax)", "4@symbol(%rip,", "4@(%rax,%xx)",
                           "4@(%rax,%rbx,z)", "16@(%rbp)", "99999999999999999999@%eax"}) {
    CAPTURE(text);
    CHECK(f.argument(text) == std::nullopt);
  }
}
