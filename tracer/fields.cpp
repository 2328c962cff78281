// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "tracer/failure.h"

namespace shmpath {
namespace {

const char* format_of(const std::string& file) {
  return file.ends_with("exercise.toml") ? "see docs/writing-exercises.md for the format"
                                         : "see docs/adding-a-lab.md for the format";
}

}  // namespace

Table parse_table(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw Failure(fmt::format("cannot read {}:{}", file, error.source().begin.line),
                  std::string(error.description()), format_of(file));
  }
}

void Fields::fail(const std::string& reason) const {
  throw Failure(fmt::format("cannot read {}:{}", file_, table_.source().begin.line),
                what_ + " " + reason, format_of(file_));
}

std::string Fields::text(std::string_view key, bool needed) {
  auto value = get(key, needed).value_exact<std::string>();
  if (!value && (needed || table_.contains(key))) fail(fmt::format("needs a string `{}`", key));
  return value.value_or("");
}

std::optional<unsigned> Fields::number(std::string_view key, bool needed) {
  auto value = get(key, needed).value_exact<std::int64_t>();
  if (!value && !table_.contains(key)) return std::nullopt;
  if (!value || *value < 0) fail(fmt::format("needs a number `{}`", key));
  return static_cast<unsigned>(*value);
}

std::optional<bool> Fields::flag(std::string_view key) {
  auto value = get(key, false).value_exact<bool>();
  if (!value && table_.contains(key)) fail(fmt::format("needs true or false in `{}`", key));
  return value;
}

Text Fields::both(std::string_view key, bool needed) {
  const Table* pair = table(key, needed);
  if (!pair) return {};
  Fields inner = part(*pair, what_);
  Text text{inner.text("en", true), inner.text("zh", true)};
  inner.done();
  return text;
}

std::vector<std::string> Fields::list(std::string_view key, bool needed) {
  auto node = get(key, needed);
  if (!node) return {};
  if (auto one = node.value_exact<std::string>()) return {*one};
  std::vector<std::string> all;
  if (auto* array = node.as_array())
    for (const auto& element : *array)
      all.push_back(element.value_exact<std::string>().value_or(""));
  if (!node.is_array() || std::find(all.begin(), all.end(), "") != all.end() ||
      (needed && all.empty()))
    fail(fmt::format("needs strings in `{}`", key));
  return all;
}

std::vector<const Table*> Fields::tables(std::string_view key) {
  auto node = get(key, false);
  std::vector<const Table*> all;
  if (auto* array = node.as_array())
    for (const auto& element : *array) all.push_back(element.as_table());
  if (node && (!node.is_array() || std::find(all.begin(), all.end(), nullptr) != all.end()))
    fail(fmt::format("needs an array of tables in `{}`", key));
  return all;
}

const Table* Fields::table(std::string_view key, bool needed) {
  auto node = get(key, needed);
  if (node && !node.is_table()) fail(fmt::format("needs a table `{}`", key));
  return node.as_table();
}

void Fields::done() const {
  for (const auto& [key, value] : table_)
    if (!asked_.contains(std::string(key.str())))
      fail(fmt::format("has an unknown field `{}`", key.str()));
}

toml::node_view<const toml::node> Fields::get(std::string_view key, bool needed) {
  asked_.emplace(key);
  if (needed && !table_.contains(key)) fail(fmt::format("lacks `{}`", key));
  return table_[key];
}

}  // namespace shmpath
