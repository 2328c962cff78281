// SPDX-License-Identifier: BSD-2-Clause
//
// Reads a trace file (docs: "Trace file") back into calls, with nothing taken from the tracer's
// own code: a test that shared its decoder would share its mistakes.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace live {

using Json = nlohmann::json;

// An enter with its exit.
struct Call {
  int pid = 0;
  int tid = 0;
  std::string layer;
  std::string name;
  Json args = Json::object();  // those of the enter, replaced by those the exit adds
  std::vector<std::string> unread;
  Json ret;  // null: has not returned
  std::string error;
  bool returned = false;
  std::size_t first_line = 0;  // of the enter, in Trace::lines
  std::size_t last_line = 0;   // of the exit
  int parent = -1;             // the call around it on the same thread, in Trace::calls
};

struct Trace {
  std::vector<Json> lines;
  std::vector<Call> calls;            // in the order of their enters
  std::vector<std::string> problems;  // what is not as the format promises: must be empty

  // An empty object where there is none.
  const Json& header() const;
  const Json& summary() const;
};

// Never throws on a bad trace: it says so in `problems`.
Trace read_trace(std::string_view text);

// The first call of that layer and name at or after a call, -1 when there is none.
int find_call(const Trace& trace, std::string_view layer, std::string_view name, int from = 0);

// Is that call inside the other, at any depth?
bool is_inside(const Trace& trace, int call, int outer);

// The kernel functions seen in one event of these lines, innermost first: a point's stack, or the
// calls of the kernel layer that were open. The first such path that holds all of `functions`
// in this order; empty when there is none.
std::vector<std::string> kernel_path_holding(const Trace& trace, int tid, std::size_t first_line,
                                             std::size_t last_line,
                                             const std::vector<std::string>& functions);

// That member of an object; null when there is no such member, or no object.
const Json& field(const Json& object, const char* name);

// A result as a number: 3, -2, "0x7f31".
std::int64_t number_of(const Json& value);

}  // namespace live
