// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/options_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdlib>
#include <utility>

#include "tracer/failure.h"

namespace shmpath {

std::uint64_t parse_duration_ns(const std::string& text) {
  constexpr double longest = 1e18;  // thirty years
  constexpr std::pair<const char*, double> units[] = {
      {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  char* unit = nullptr;
  const double number = std::strtod(text.c_str(), &unit);
  for (const auto& [name, ns] : units)
    if (unit != text.c_str() && std::string(unit) == name && number > 0 && number * ns < longest)
      return static_cast<std::uint64_t>(std::ceil(number * ns));
  throw CLI::ValidationError("--min-duration",
                             text + " is no time such as 500ns, 10us, 1.5ms or 2s");
}

void add_tree_options(CLI::App* app, Options& options) {
  app->add_option("--depth", options.depth, "tree: hide calls that are deeper than N levels")
      ->check(CLI::Range(1U, 1000U))
      ->type_name("N");
  app->add_option_function<std::string>(
         "--min-duration",
         [&options](const std::string& text) { options.min_ns = parse_duration_ns(text); },
         "tree: hide calls that take less, such as 10us, with all inside them")
      ->type_name("TIME");
  app->add_option_function<std::string>(
         "--only",
         [&options](const std::string& names) {
           for (std::string& name : CLI::detail::split(names, ','))
             if (!name.empty()) options.only.push_back(std::move(name));
         },
         "tree: show only these calls and points, what is inside, and what leads there")
      ->type_name("NAME[,NAME...]");
  app->add_flag("--explain", options.explain, "tree: explain each name where it comes first");
  app->add_option("--width", options.width, "Columns of the terminal")->group("");
}

void check_tree_options(const Options& options) {
  const std::pair<bool, const char*> given[] = {{options.depth.has_value(), "--depth"},
                                                {options.min_ns > 0, "--min-duration"},
                                                {!options.only.empty(), "--only"},
                                                {options.explain, "--explain"}};
  for (const auto& [is, option] : given) {
    if (is && options.format != "tree")
      throw Failure(option, "it is for the tree, not for " + options.format,
                    "leave it out, or --format");
    if (is && options.step)
      throw Failure(option, "--step shows each step whole", "leave out one of them");
  }
}

std::vector<std::string> tree_words(const Options& options, std::size_t columns) {
  std::vector<std::string> words;
  auto add = [&](const char* option, std::string value) {
    words.insert(words.end(), {option, std::move(value)});
  };
  if (options.depth) add("--depth", std::to_string(*options.depth));
  if (options.min_ns) add("--min-duration", std::to_string(options.min_ns) + "ns");
  if (!options.only.empty()) add("--only", fmt::format("{}", fmt::join(options.only, ",")));
  if (options.explain) words.emplace_back("--explain");
  if (columns) add("--width", std::to_string(columns));
  return words;
}

}  // namespace shmpath
