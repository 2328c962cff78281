// SPDX-License-Identifier: BSD-2-Clause
//
// The JSON trace event format, which the Perfetto UI opens: an array of events, one a line. The
// closing bracket may be missing, so that a file that was cut off can be read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tracer/render.h"

namespace shmpath {

// Where on the screen: a thread's track, or what stands for one.
struct TrackId {
  std::uint32_t pid = 0, tid = 0;
};

// Writes one event with each call. Times are in nanoseconds. `args` are JSON members, such as
// `"ret":3`; "" for none. What is written has no control byte, whatever the names hold.
class TraceEvents {
 public:
  explicit TraceEvents(Output& out) : out_(out) {}

  // A slice ends under the category and the name that it began under.
  void begin(TrackId track, std::uint64_t t, std::string_view category, std::string_view name,
             std::string_view args = {});
  void end(TrackId track, std::uint64_t t, std::string_view category, std::string_view name,
           std::string_view args = {});
  void instant(TrackId track, std::uint64_t t, std::string_view category, std::string_view name,
               std::string_view args = {});
  // Of no thread: on a track of its own, above all.
  void global_instant(std::uint64_t t, std::string_view category, std::string_view name,
                      std::string_view args);
  // Leads from what was written last at that time on the one track to the same on the other.
  void arrow(TrackId from, std::uint64_t from_t, TrackId to, std::uint64_t to_t,
             std::string_view name);
  // `what` is process_name or thread_name.
  void name_track(TrackId track, std::uint64_t t, const char* what, std::string_view name);
  void finish();

 private:
  void open(char phase, TrackId track, std::uint64_t t, std::string_view category,
            std::string_view name);
  void close(std::string_view args = {});

  Output& out_;
  std::string line_ = "[\n";
  bool first_ = true;
  std::uint64_t arrows_ = 0;
};

// JSON members for an event's arguments, with its symbol, unread strings and stack.
std::string event_members(const Event& event);

// Text without control bytes and what hides text.
std::string printable(std::string_view text);

}  // namespace shmpath
