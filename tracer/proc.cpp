// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/proc.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "tracer/files.h"

namespace shmpath {

std::optional<std::uint64_t> status_number(pid_t pid, std::string_view field, int base) {
  std::istringstream status(read_file(fmt::format("/proc/{}/status", pid)).value_or(""));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field) || line.size() <= field.size() || line[field.size()] != ':')
      continue;
    return std::strtoull(line.c_str() + field.size() + 1, nullptr, base);
  }
  return std::nullopt;
}

// proc(5): the name stands in parentheses and may hold any byte; minflt and majflt are the 8th and
// the 10th field after it.
std::optional<FaultCounts> parse_fault_counts(std::string_view stat) {
  std::size_t name = stat.rfind(')');
  if (name == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(stat.substr(name + 1))};
  std::string skipped;
  FaultCounts counts;
  for (int i = 0; i < 7; i++) fields >> skipped;
  if (fields >> counts.minor_faults >> skipped >> counts.major_faults) return counts;
  return std::nullopt;
}

std::optional<FaultCounts> fault_counts(pid_t pid) {
  return parse_fault_counts(read_file(fmt::format("/proc/{}/stat", pid)).value_or(""));
}

std::optional<std::uint64_t> auxiliary_value(pid_t pid, std::uint64_t type) {
  std::string values = read_file(fmt::format("/proc/{}/auxv", pid)).value_or("");
  std::uint64_t pair[2];
  for (std::size_t at = 0; at + sizeof(pair) <= values.size(); at += sizeof(pair)) {
    std::memcpy(pair, values.data() + at, sizeof(pair));
    if (pair[0] == type) return pair[1];
  }
  return std::nullopt;
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> tids;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry(fmt::format("/proc/{}/task", pid), gone), end;
       !gone && entry != end; entry.increment(gone))
    tids.push_back(std::atoi(entry->path().filename().c_str()));
  return tids;
}

}  // namespace shmpath
