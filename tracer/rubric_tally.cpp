// SPDX-License-Identifier: BSD-2-Clause
//
// The check that holds what a run says it has counted against the trace.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "tracer/rubric_checks.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

struct Row {
  std::uint64_t pid = 0, count = 0;
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool read_number(std::string_view word, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

// A row is a line that has, word by word, what `shape` has, and numbers for {pid} and {count}.
bool read_row(const std::vector<std::string_view>& shape, std::string_view line, Row& row) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() != shape.size()) return false;
  for (std::size_t i = 0; i < words.size(); i++) {
    const bool fits = shape[i] == "{pid}"     ? read_number(words[i], row.pid)
                      : shape[i] == "{count}" ? read_number(words[i], row.count)
                                              : fnmatch(std::string(shape[i]).c_str(),
                                                        std::string(words[i]).c_str(), 0) == 0;
    if (!fits) return false;
  }
  return true;
}

std::vector<Row> rows_of(const RubricLine& line, const RunFacts& facts) {
  std::vector<Row> rows;
  const auto found = facts.output.find(line.runs.front());
  if (found == facts.output.end()) return rows;
  const std::vector<std::string_view> shape = words_of(line.row);
  std::string_view text = found->second;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (Row row; read_row(shape, text.substr(0, end), row)) rows.push_back(row);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rows;
}

using Counts = std::map<std::uint64_t, std::uint64_t>;  // by pid

// Of the processes that the run has started. Its own does not count: it was at work before it could
// count, and is still when it has read the numbers.
Counts traced_counts(const RubricLine& line, const CheckedTrace& trace, const Event*& last) {
  Counts counts;
  for (const Seen* seen : all_that_match(line.see.front(), trace)) {
    if (trace.processes.contains(static_cast<pid_t>(seen->event->pid))) continue;
    counts[seen->event->pid]++;
    last = seen->event;
  }
  return counts;
}

std::string row_text(const Counts& counts, std::uint64_t pid) {
  return fmt::format("{} of process {}", counts.at(pid), pid);
}

// Each count is what the trace has.
void compare_counts(const std::vector<Row>& rows, const Counts& counts, CheckResult& result) {
  for (const Row& row : rows) {
    if (counts.at(row.pid) == row.count) continue;
    result.expected = row_text(counts, row.pid);
    result.seen = fmt::format("{} were counted", row.count);
    return;
  }
  result.met = true;
}

// These are the first of all that the trace has, in its order; among equals, any.
void compare_ranks(const std::vector<Row>& rows, const Counts& counts, CheckResult& result) {
  std::vector<std::uint64_t> ranking;  // pids, by their counts
  for (const auto& [pid, _] : counts) ranking.push_back(pid);
  std::ranges::sort(ranking, std::greater(), [&](std::uint64_t pid) { return counts.at(pid); });
  for (std::size_t i = 0; i < rows.size(); i++) {
    if (counts.at(rows[i].pid) == counts.at(ranking[i])) continue;
    result.expected = fmt::format("row {}: {}", i + 1, row_text(counts, ranking[i]));
    result.seen = row_text(counts, rows[i].pid);
    return;
  }
  result.met = true;
}

}  // namespace

CheckResult check_tally(const RubricLine& line, const CheckedTrace& trace) {
  CheckResult result;
  const Counts counts = traced_counts(line, trace, result.at);
  const std::vector<Row> all = rows_of(line, trace.facts);
  std::vector<Row> rows;  // of processes that were traced: others may have been counted too
  std::set<std::uint64_t> pids;
  for (const Row& row : all) {
    if (counts.contains(row.pid)) rows.push_back(row);
    if (pids.insert(row.pid).second) continue;
    result.expected = "each process once";
    result.seen = fmt::format("process {} twice", row.pid);
    return result;
  }
  const std::size_t due = line.top ? std::min(*line.top, counts.size()) : line.min;
  if (rows.size() < line.min || all.size() < due || (line.top && all.size() > *line.top)) {
    result.expected =
        fmt::format("{} rows \"{}\", {} of them of processes that {} started",
                    line.top ? fmt::format("{}", due) : fmt::format("at least {}", due), line.row,
                    line.min, line.runs.front());
    result.seen = fmt::format("{}, {} of them of these", plural(all.size(), "row"), rows.size());
  } else if (line.top) {
    compare_ranks(rows, counts, result);
  } else {
    compare_counts(rows, counts, result);
  }
  return result;
}

}  // namespace shmpath
