// SPDX-License-Identifier: BSD-2-Clause
//
// Prose for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace shmpath {

// Columns that valid UTF-8 takes: two for a Chinese character or its punctuation.
std::size_t columns_of(std::string_view text);

// Breaks `text` so that no line is wider than `width` columns, unless one word is. `first` begins
// the first line, and every other line is indented by as many columns. Chinese breaks anywhere but
// before closing and after opening punctuation. Ends with a line end.
std::string wrap(std::string_view text, std::size_t width, std::string_view first);

// Appends blanks up to this many columns.
std::string padded(std::string_view text, std::size_t columns);

// Columns of the terminal that standard output is; 80 where it is none.
std::size_t output_columns();

}  // namespace shmpath
