// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tracer/options.h"

namespace shmpath {

// --depth, --min-duration, --only and --explain.
void add_tree_options(CLI::App* app, Options& options);

// Refuses them where there is no tree. Throws Failure.
void check_tree_options(const Options& options);

// The words that ask another shmpath for the same tree, on a terminal of so many columns (0: none).
std::vector<std::string> tree_words(const Options& options, std::size_t columns);

// "10us": a number, whole or not, with ns, us, ms or s. Throws CLI::ValidationError.
std::uint64_t parse_duration_ns(const std::string& text);

}  // namespace shmpath
