// SPDX-License-Identifier: BSD-2-Clause
//
// The nonce of a run, filled in wherever the exercise has a place for it.
#include <fmt/format.h>

#include <algorithm>

#include "tracer/failure.h"
#include "tracer/rubric.h"

namespace shmpath {
namespace {

struct Filler {
  std::string nonce, payload;

  void fill(std::string& text) const {
    for (const auto& [place, value] : {std::pair{std::string_view("{nonce}"), &nonce},
                                       std::pair{std::string_view("{payload}"), &payload}})
      for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos;
           at += value->size())
        text.replace(at, place.size(), *value);
  }
  void fill(std::vector<std::string>& texts) const {
    for (std::string& text : texts) fill(text);
  }
  void fill(std::vector<Rule>& rules) const {
    for (Rule& rule : rules)
      for (auto& [name, wanted] : rule.args) fill(wanted);
  }
};

void check_made_of(const std::string& what, const std::string& text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || !std::ranges::all_of(text, plain))
    throw Failure("cannot use this " + what, "it must be lower-case letters and digits",
                  "choose another");
}

}  // namespace

Exercise with_nonce(const Exercise& exercise, const std::string& nonce,
                    const std::string& payload) {
  check_made_of("nonce", nonce);
  check_made_of("payload", payload);
  const Filler filler{nonce, payload};
  Exercise filled = exercise;
  for (ExerciseRun& run : filled.runs) filler.fill(run.args);
  for (RubricLine& line : filled.lines) {
    filler.fill(line.given);
    filler.fill(line.see);
    filler.fill(line.name);
    filler.fill(line.lines);
    filler.fill(line.row);
  }
  return filled;
}

}  // namespace shmpath
