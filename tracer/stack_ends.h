// SPDX-License-Identifier: BSD-2-Clause
//
// A stack is most of its line, and thousands of lines end with the same one: what such an end says
// is known from the line that had it first.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "tracer/event.h"

namespace shmpath {

// The ends of lines that were seen last, each `,"stack":[...]}` to the byte as a trace is written.
//
// A line that ends so is a JSON object exactly if what is before, closed by `}`, is one, and that
// object has all that the line has but the stack. For the end closes one bracket more than it
// opens, so if the line is whole it stands at the top level; and it cannot begin within a string,
// for `,"` would be the end of that, and `stack` could not follow.
class StackEnds {
 public:
  struct Beginning {
    std::string_view line;  // without its stack; may be read on as the parser does
    Stack stack;            // null: the line has no end that is known
  };
  // What it gives holds until the next cut.
  Beginning cut(std::string_view line);
  // The line has that stack. Keeps its end if it is written as we would.
  void learn(std::string_view line, const Stack& stack);

 private:
  static constexpr std::size_t longest = 4096;
  struct End {
    std::string text;
    Stack stack;
  };
  std::array<End, 8> ends_;
  std::size_t oldest_ = 0;
  std::string beginning_;
};

}  // namespace shmpath
