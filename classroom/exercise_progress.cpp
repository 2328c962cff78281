// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise_progress.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace shmpath {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_words = 64, longest_word = 64;
constexpr unsigned most = 1'000'000;
constexpr int deepest = 3;

// What the name of an exercise, the id of a line and a nonce are made of.
bool is_word(const std::string& text) {
  return !text.empty() && text.size() <= longest_word &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool take(const Json& object, const char* key, unsigned& number) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return false;
  if (found->get<std::uint64_t>() > most) return false;
  number = found->get<unsigned>();
  return true;
}

bool take(const Json& object, const char* key, std::vector<std::string>& words) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > most_words) return false;
  for (const Json& word : *found) {
    if (!word.is_string() || !is_word(word.get_ref<const std::string&>())) return false;
    words.push_back(word.get<std::string>());
  }
  return true;
}

}  // namespace

std::optional<ExerciseProgress> parse_progress(const std::string& text) {
  if (text.size() > progress_limit) return std::nullopt;
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t, const Json&) {
    too_deep = too_deep || depth > deepest;
    return !too_deep;
  };
  const Json object = Json::parse(text, watch_depth, false);
  if (too_deep || !object.is_object() || object.value("format", Json()) != progress_format)
    return std::nullopt;
  ExerciseProgress progress;
  const Json name = object.value("exercise", Json());
  if (!name.is_string() || !is_word(name.get_ref<const std::string&>())) return std::nullopt;
  progress.exercise = name.get<std::string>();
  const bool whole = take(object, "best", progress.best) && take(object, "of", progress.of) &&
                     take(object, "attempts", progress.attempts) &&
                     take(object, "hints", progress.hints) && take(object, "met", progress.met) &&
                     take(object, "nonces", progress.nonces);
  return whole ? std::optional(progress) : std::nullopt;
}

std::string progress_text(const ExerciseProgress& progress) {
  const nlohmann::ordered_json object{
      {"format", progress_format}, {"exercise", progress.exercise}, {"best", progress.best},
      {"of", progress.of},         {"attempts", progress.attempts}, {"hints", progress.hints},
      {"met", progress.met},       {"nonces", progress.nonces}};
  return object.dump(2) + "\n";
}

void add_nonce(ExerciseProgress& progress, const std::string& nonce) {
  constexpr std::size_t kept = 16;
  if (std::find(progress.nonces.begin(), progress.nonces.end(), nonce) != progress.nonces.end())
    return;
  progress.nonces.push_back(nonce);
  if (progress.nonces.size() > kept) progress.nonces.erase(progress.nonces.begin());
}

}  // namespace shmpath
