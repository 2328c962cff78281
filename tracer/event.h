// SPDX-License-Identifier: BSD-2-Clause
//
// The type that runs through the pipeline: decode makes it, path completes it,
// renderers print it, and one line of the trace file is one of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace shmpath {

// null (a string that could not be read), a number, or text such as "O_RDWR|O_CREAT" or "0x7f31".
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string>;

struct Arg {
  std::string name;  // as in the man page
  Value value;
  bool operator==(const Arg&) const = default;
};

using Args = std::vector<Arg>;

// Function names, innermost first. Shared: thousands of events have the same stack.
using Stack = std::shared_ptr<const std::vector<std::string>>;

enum class Layer { none, user, syscall, kernel };
enum class EventType { header, step, enter, exit, point, lost, summary };

// One line of the trace. Which fields are set depends on the type, as docs/trace-format.md lists.
struct Event {
  EventType type = EventType::point;
  std::uint64_t t = 0;    // ns since the first event
  std::uint32_t pid = 0;  // the kernel's tgid
  std::uint32_t tid = 0;
  Layer layer = Layer::none;
  std::string name;    // the documented name
  std::string symbol;  // the kernel's own name, where it differs
  Args args;
  std::vector<std::string> unread;  // names of the arguments that could not be read

  Value ret;                        // exit: number or text; null when the call does not return
  std::string error;                // exit: errno's name, "" when it did not fail
  std::optional<std::uint64_t> ns;  // exit: duration

  Stack stack;               // point
  std::uint32_t number = 0;  // step
  std::string text;          // step
  std::uint64_t count = 0;   // lost

  // Filled in by path. Of these a trace file has bad_address; the others follow from its lines.
  std::uint32_t depth = 0;   // how many calls of this thread are open around it
  bool bad_address = false;  // enter: failed with EFAULT, so what is unread was never there
  bool stopped = false;      // step: the process waits for SIGCONT
  bool in_fault = false;     // point: belongs to the page fault before it on this thread
};

// exit and exit_group: what the kernel does from here on is inside them.
inline bool never_returns(std::string_view name) { return name == "exit" || name == "exit_group"; }

// The argument of that name, or nullptr.
inline const Value* find_arg(const Event& event, std::string_view name) {
  for (const Arg& arg : event.args)
    if (arg.name == name) return &arg.value;
  return nullptr;
}

// The argument of that name as a number from 0 on, if it is one. What was a signed number once may
// come back from a recording as an unsigned one.
inline std::optional<std::uint64_t> number_arg(const Event& event, std::string_view name) {
  const Value* value = find_arg(event, name);
  if (!value) return std::nullopt;
  if (auto* number = std::get_if<std::uint64_t>(value)) return *number;
  auto* number = std::get_if<std::int64_t>(value);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

// The same, 0 where it is none.
inline std::uint64_t number_of(const Event& event, std::string_view name) {
  return number_arg(event, name).value_or(0);
}

}  // namespace shmpath
