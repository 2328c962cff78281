// SPDX-License-Identifier: BSD-2-Clause
//
// Text for a terminal of some width: Chinese takes two columns a character, colours take none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

using Lines = std::vector<std::string>;

// How many columns the text takes.
std::size_t columns_of(std::string_view text);

// As much of the text's beginning as so many columns hold.
std::string_view fitting(std::string_view text, std::size_t columns);

// The line as it is, or its beginning and "..." where it is wider. columns 0: no limit.
std::string cut_to(std::string_view line, std::size_t columns);

// The text in lines no wider than `columns` (0: one line), the first behind `first`, the others
// behind as many spaces. It is broken at spaces and between Chinese characters.
Lines wrap(std::string_view text, std::size_t columns, std::string_view first = "");

// The lines of the text, without their ends.
Lines lines_of(std::string_view text);

}  // namespace shmpath
