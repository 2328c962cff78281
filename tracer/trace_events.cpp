// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/trace_events.h"

#include <algorithm>
#include <utility>

#include "tracer/json_text.h"
#include "tracer/text.h"

namespace shmpath {

// No control byte, so no \u escape either: Perfetto does not take those everywhere.
std::string printable(std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  return std::all_of(text.begin(), text.end(), plain) ? std::string(text) : strip_controls(text);
}

// `ts` stands before what may hold anything: then no reader's short cut to it goes astray.
void TraceEvents::open(char phase, TrackId track, std::uint64_t t, std::string_view category,
                       std::string_view name) {
  if (!std::exchange(first_, false)) line_ += ",\n";
  ((line_ += R"({"ph":")") += phase) += R"(","ts":)";
  append_number(line_, t / 1000);  // microseconds, exact to the nanosecond
  const auto ns = static_cast<unsigned>(t % 1000);
  line_ += '.';
  for (const unsigned digit : {ns / 100, ns / 10 % 10, ns % 10})
    line_ += static_cast<char>('0' + digit);
  append_field(line_, "pid", std::uint64_t{track.pid});
  append_field(line_, "tid", std::uint64_t{track.tid});
  append_field(line_, "cat", category);
  append_field(line_, "name", printable(name));
}

void TraceEvents::close(std::string_view args) {
  if (!args.empty()) ((line_ += R"(,"args":{)") += args) += '}';
  line_ += '}';
  out_.write(line_);
  line_.clear();
}

void TraceEvents::begin(TrackId track, std::uint64_t t, std::string_view category,
                        std::string_view name, std::string_view args) {
  open('B', track, t, category, name);
  close(args);
}

void TraceEvents::end(TrackId track, std::uint64_t t, std::string_view category,
                      std::string_view name, std::string_view args) {
  open('E', track, t, category, name);
  close(args);
}

void TraceEvents::instant(TrackId track, std::uint64_t t, std::string_view category,
                          std::string_view name, std::string_view args) {
  open('i', track, t, category, name);
  line_ += R"(,"s":"t")";
  close(args);
}

void TraceEvents::global_instant(std::uint64_t t, std::string_view category, std::string_view name,
                                 std::string_view args) {
  open('i', {}, t, category, name);
  line_ += R"(,"s":"g")";
  close(args);
}

void TraceEvents::arrow(TrackId from, std::uint64_t from_t, TrackId to, std::uint64_t to_t,
                        std::string_view name) {
  arrows_++;
  open('s', from, from_t, "folio", name);
  append_field(line_, "id", arrows_);
  close();
  open('f', to, to_t, "folio", name);
  append_field(line_, "id", arrows_);
  line_ += R"(,"bp":"e")";
  close();
}

void TraceEvents::name_track(TrackId track, std::uint64_t t, const char* what,
                             std::string_view name) {
  open('M', track, t, "__metadata", what);
  std::string args = R"("name":)";
  append_json_string(args, printable(name));
  close(args);
}

void TraceEvents::finish() {
  out_.write(first_ ? "[]\n" : "\n]\n");
  out_.flush();
}

std::string event_members(const Event& event) {
  Args args = event.args;
  if (!event.symbol.empty()) args.push_back({"symbol", event.symbol});
  for (Arg& arg : args) {
    arg.name = printable(arg.name);
    if (auto* text = std::get_if<std::string>(&arg.value)) *text = printable(*text);
  }
  std::string out;
  append_members(out, args);
  const auto append_printable = [&](const char* name, std::vector<std::string> list) {
    for (std::string& text : list) text = printable(text);
    append_list(out, name, list);
  };
  if (!event.unread.empty()) append_printable("unread", event.unread);
  if (event.stack) append_printable("stack", *event.stack);
  return out.starts_with(',') ? out.substr(1) : out;
}

}  // namespace shmpath
