// SPDX-License-Identifier: BSD-2-Clause
//
// A trace in the form in which the HTML report carries it: one row for each call, point, step
// marker and gap, as columns of small numbers, with every string and every list of arguments once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tracer/event.h"

namespace shmpath {

// A JSON array of numbers that grows at its end.
class Column {
 public:
  void add(std::int64_t value);
  std::string text() const { return "[" + text_ + "]"; }

 private:
  std::string text_;
};

// Text as numbers: 0 is "". What is given out is safe to show and valid UTF-8.
class StringTable {
 public:
  StringTable() { number_of(""); }
  std::size_t number_of(std::string_view text);
  const std::vector<std::string>& strings() const { return strings_; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<std::string> strings_;
};

// Takes events in their order; path has given them their depth.
class HtmlTrace {
 public:
  // `started`: programs that begin with steps of their own when they are executed.
  explicit HtmlTrace(std::vector<std::string> started = {}) : started_(std::move(started)) {}
  void add(const Event& event);
  // The row of the event that was the nth to be added; -1 where it has none of its own (an exit).
  std::int64_t row_of(std::size_t event) const { return row_of_event_[event]; }
  // The step that held for a row; 0: none yet.
  std::size_t group_of(std::int64_t row) const {
    return rows_[static_cast<std::size_t>(row)].group;
  }
  std::size_t groups() const { return groups_.size(); }
  std::uint32_t number_of_group(std::size_t group) const { return groups_[group].number; }
  std::size_t size() const { return row_of_event_.size(); }  // events
  const StringTable& strings() const { return strings_; }
  // The members "strings", "stacks", "lists", "threads", "groups" and "rows" of a JSON object.
  std::string json() const;

 private:
  struct Row {
    std::uint8_t kind;  // 0 user, 1 syscall, 2 kernel, 3 point, 4 step, 5 lost
    std::uint64_t t, order;
    std::int64_t ns = -1, orders = 0;  // how long, in time and in events; ns -1: it did not return
    std::size_t thread = 0, name = 0, symbol = 0, args = 0, ret = 0, error = 0, exit_args = 0,
                stack = 0, group = 0;
    std::int64_t parent = -1;  // row of the call around it
  };
  struct Thread {
    std::uint32_t pid, tid;
    std::size_t group = 0;  // the step that holds
    std::vector<std::size_t> open;
  };
  struct Group {  // a step from its marker on
    std::size_t thread;
    std::uint32_t number;
    std::size_t text;
    std::size_t row;
  };

  std::size_t thread_of(std::uint32_t pid, std::uint32_t tid);
  std::size_t list_of(const Event& event);
  std::size_t stack_of(const Stack& stack);
  void begin(const Event& event, Row row);
  void end(const Event& event, std::size_t number);
  void follow(const Event& event, std::size_t thread);
  std::string rows_json() const;

  std::vector<std::string> started_;
  StringTable strings_;
  std::vector<Row> rows_;
  std::vector<Thread> threads_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> thread_numbers_;
  std::map<std::uint32_t, std::size_t> inherited_;  // by tid of a thread to come: its step
  std::map<std::uint32_t, std::string> executed_;   // by pid: the file of its last execve
  std::vector<Group> groups_{{0, 0, 0, 0}};         // 0: before any step
  std::unordered_map<std::string, std::size_t> list_numbers_{{"[]", 0}};
  std::vector<std::string> lists_{"[]"};
  std::map<Stack, std::size_t> stack_numbers_;  // keeps the stacks alive: no address comes back
  std::unordered_map<std::string, std::size_t> stack_texts_{{"[]", 0}};
  std::vector<std::string> stacks_{"[]"};
  std::vector<std::int64_t> row_of_event_;
  std::uint64_t order_ = 0;
};

// JSON that can stand in a <script> element: no `<` is left in it.
std::string in_script(std::string_view json);

}  // namespace shmpath
