// SPDX-License-Identifier: BSD-2-Clause
#include "tests/live/trace_reader.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace live {
namespace {

std::string text_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

int int_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number_integer() ? found->get<int>() : 0;
}

bool is_exec(const Call& call) { return call.name == "execve" || call.name == "execveat"; }

// Puts enters and exits together, each thread last in, first out.
class Pairing {
 public:
  explicit Pairing(Trace& trace) : trace_(trace) {}

  void enter(const Json& line, std::size_t number) {
    Call call;
    call.pid = int_of(line, "pid");
    call.tid = int_of(line, "tid");
    call.layer = text_of(line, "layer");
    call.name = text_of(line, "name");
    call.first_line = call.last_line = number;
    take_args(call, line);
    auto& open = open_[call.tid];
    call.parent = open.empty() ? -1 : open.back();
    open.push_back(static_cast<int>(trace_.calls.size()));
    trace_.calls.push_back(std::move(call));
  }

  void exit(const Json& line, std::size_t number) {
    const int index = call_that_ends(line);
    if (index < 0) return problem(number, "exit without its enter, or out of order: ", line);
    Call& call = trace_.calls[static_cast<std::size_t>(index)];
    call.returned = true;
    call.last_line = number;
    if (line.contains("ret")) call.ret = line["ret"];
    call.error = text_of(line, "error");
    take_args(call, line);
    if (is_exec(call) && call.error.empty())
      forget_process(call.pid);  // a new program: whatever else was open never returns
    else
      open_[call.tid].pop_back();
  }

  void problem(std::size_t number, const char* what, const Json& line) {
    if (trace_.problems.size() == 5) trace_.problems.push_back("and more");
    if (trace_.problems.size() > 5) return;
    trace_.problems.push_back("line " + std::to_string(number + 1) + ": " + what +
                              line.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

 private:
  static void take_args(Call& call, const Json& line) {
    if (const auto args = line.find("args"); args != line.end() && args->is_object()) {
      call.args.update(*args);
      for (const auto& [name, value] : args->items())
        if (!value.is_null()) std::erase(call.unread, name);
    }
    if (const auto unread = line.find("unread"); unread != line.end() && unread->is_array())
      for (const Json& name : *unread)
        if (std::find(call.unread.begin(), call.unread.end(), name) == call.unread.end())
          call.unread.push_back(name);
  }

  bool fits(int index, const Json& line) const {
    const Call& call = trace_.calls[static_cast<std::size_t>(index)];
    return call.name == text_of(line, "name") && call.layer == text_of(line, "layer");
  }

  int call_that_ends(const Json& line) const {
    const auto own = open_.find(int_of(line, "tid"));
    if (own != open_.end() && !own->second.empty() && fits(own->second.back(), line))
      return own->second.back();
    // execve by a thread that is not the first returns in the first one's name.
    for (const auto& [tid, open] : open_)
      if (!open.empty() && fits(open.back(), line)) {
        const Call& call = trace_.calls[static_cast<std::size_t>(open.back())];
        if (is_exec(call) && call.pid == int_of(line, "pid")) return open.back();
      }
    return -1;
  }

  void forget_process(int pid) {
    for (auto& [tid, open] : open_)
      if (!open.empty() && trace_.calls[static_cast<std::size_t>(open.front())].pid == pid)
        open.clear();
  }

  Trace& trace_;
  std::map<int, std::vector<int>> open_;  // tid to calls not yet returned, outermost first
};

void check_frame(Trace& trace) {
  auto& problems = trace.problems;
  if (trace.lines.empty()) return problems.push_back("the trace is empty");
  const Json& header = trace.header();
  if (text_of(header, "type") != "header") problems.push_back("line 1 is no header");
  if (text_of(header, "format") != "shmpath.trace/1") problems.push_back("unknown format");
  for (const char* key : {"kernel", "machine", "place", "view"})
    if (text_of(header, key).empty()) problems.push_back(std::string("header has no ") + key);
  if (!header.contains("command") || !header["command"].is_array())
    problems.push_back("header has no command");
  if (!header.contains("probes") || !header["probes"].contains("attached") ||
      !header["probes"].contains("missing"))
    problems.push_back("header has no probes");
  const Json& summary = trace.summary();
  if (text_of(summary, "type") != "summary")
    return problems.push_back("the last line is no summary");
  for (const char* key : {"events", "lost", "unmatched"})
    if (!summary.contains(key) || !summary[key].is_number_integer())
      problems.push_back(std::string("summary has no ") + key);
}

bool holds_in_order(const std::vector<std::string>& path,
                    const std::vector<std::string>& functions) {
  auto from = path.begin();
  for (const std::string& function : functions) {
    from = std::find(from, path.end(), function);
    if (from == path.end()) return false;
    ++from;
  }
  return true;
}

}  // namespace

const Json& Trace::header() const {
  static const Json none = Json::object();
  return lines.empty() || !lines.front().is_object() ? none : lines.front();
}

const Json& Trace::summary() const {
  static const Json none = Json::object();
  return lines.empty() || !lines.back().is_object() ? none : lines.back();
}

Trace read_trace(std::string_view text) {
  static const std::set<std::string> types{"header", "step", "enter",  "exit",
                                           "point",  "lost", "summary"};
  Trace trace;
  Pairing pairing(trace);
  if (!text.empty() && text.back() != '\n') trace.problems.push_back("the last line has no end");
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    const Json line = Json::parse(whole, nullptr, false);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t number = trace.lines.size();
    trace.lines.push_back(line);
    if (!line.is_object()) {
      const std::string start(whole.substr(0, 120));
      pairing.problem(number, "no JSON object: ", Json(start));
      continue;
    }
    const std::string type = text_of(line, "type");
    if (!types.contains(type)) pairing.problem(number, "unknown type: ", line);
    const bool timed = type == "enter" || type == "exit" || type == "point" || type == "step";
    if (timed &&
        (!line.contains("t") || !line["t"].is_number_unsigned() || int_of(line, "tid") == 0))
      pairing.problem(number, "no time or thread: ", line);
    if ((type == "enter" || type == "exit" || type == "point") && text_of(line, "name").empty())
      pairing.problem(number, "no name: ", line);
    if (type == "exit" && (!line.contains("ns") || !line["ns"].is_number_unsigned()))
      pairing.problem(number, "no duration: ", line);
    if (type == "enter") pairing.enter(line, number);
    if (type == "exit") pairing.exit(line, number);
  }
  check_frame(trace);
  return trace;
}

int find_call(const Trace& trace, std::string_view layer, std::string_view name, int from) {
  for (std::size_t i = static_cast<std::size_t>(std::max(from, 0)); i < trace.calls.size(); ++i)
    if (trace.calls[i].layer == layer && trace.calls[i].name == name) return static_cast<int>(i);
  return -1;
}

bool is_inside(const Trace& trace, int call, int outer) {
  while (call >= 0 && call != outer) call = trace.calls[static_cast<std::size_t>(call)].parent;
  return call >= 0;
}

std::vector<std::string> kernel_path_holding(const Trace& trace, int tid, std::size_t first_line,
                                             std::size_t last_line,
                                             const std::vector<std::string>& functions) {
  std::vector<std::string> open;
  for (std::size_t i = first_line; i <= last_line && i < trace.lines.size(); ++i) {
    const Json& line = trace.lines[i];
    if (int_of(line, "tid") != tid) continue;
    const std::string type = text_of(line, "type");
    std::vector<std::string> path = open;
    if (type == "point" && line.contains("stack"))
      path = line["stack"].get<std::vector<std::string>>();
    if (type == "enter" && text_of(line, "layer") == "kernel") {
      open.insert(open.begin(), text_of(line, "name"));
      path = open;
    }
    if (holds_in_order(path, functions)) return path;
    if (type == "exit" && text_of(line, "layer") == "kernel" && !open.empty())
      open.erase(open.begin());
  }
  return {};
}

const Json& field(const Json& object, const char* name) {
  static const Json none;
  const auto found = object.find(name);
  return object.is_object() && found != object.end() ? *found : none;
}

std::int64_t number_of(const Json& value) {
  if (value.is_number_unsigned()) return static_cast<std::int64_t>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_string() && value.get<std::string>().starts_with("-"))
    return std::strtoll(value.get<std::string>().c_str(), nullptr, 0);
  if (value.is_string())
    return static_cast<std::int64_t>(std::strtoull(value.get<std::string>().c_str(), nullptr, 0));
  return 0;
}

}  // namespace live
