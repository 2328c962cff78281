// SPDX-License-Identifier: BSD-2-Clause
//
// The fields of the data files: labs/NN-name/flow.toml, labs/calls.toml and exercise.toml.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/flow.h"

namespace shmpath {

using Table = toml::table;

// Throws Failure that names the file and line.
Table parse_table(std::string_view text, const std::string& file);

// Reads one table's fields. Complains of those it was not asked for, and of those of another kind
// than is due: a slip must not pass for a field that was left out.
class Fields {
 public:
  Fields(const Table& table, std::string file, std::string what)
      : table_(table), file_(std::move(file)), what_(std::move(what)) {}

  [[noreturn]] void fail(const std::string& reason) const;
  std::string text(std::string_view key, bool needed = false);
  std::optional<unsigned> number(std::string_view key, bool needed = false);
  std::optional<bool> flag(std::string_view key);
  Text both(std::string_view key, bool needed);
  // A string, or an array of them.
  std::vector<std::string> list(std::string_view key, bool needed = false);
  // The [[key]] tables.
  std::vector<const Table*> tables(std::string_view key);
  const Table* table(std::string_view key, bool needed = false);
  // A table within this one.
  Fields part(const Table& table, std::string what) const {
    return {table, file_, std::move(what)};
  }
  void done() const;

 private:
  toml::node_view<const toml::node> get(std::string_view key, bool needed);
  const Table& table_;
  std::string file_, what_;
  std::set<std::string> asked_;
};

}  // namespace shmpath
