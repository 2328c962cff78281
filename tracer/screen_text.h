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
// behind as many spaces. It is broken at spaces and between Chinese characters, but not before
// closing and after opening punctuation; a word that is wider is cut.
Lines wrap(std::string_view text, std::size_t columns, std::string_view first = "");

// The same as one text, each line with its end, and wider words whole.
std::string paragraph(std::string_view text, std::size_t columns, std::string_view first);

// Appends blanks up to this many columns.
std::string padded(std::string_view text, std::size_t columns);

// Columns of the terminal that standard output is; 80 where it is none.
std::size_t output_columns();

// The lines of the text, without their ends.
Lines lines_of(std::string_view text);

}  // namespace shmpath
