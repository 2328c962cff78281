// SPDX-License-Identifier: BSD-2-Clause
//
// The file for Perfetto of real runs: it holds what the format promises, and all that happened.
#include "tests/live/support.h"
#include "tests/trace_event_checks.h"

using namespace live;

namespace {

// The events of a run with those options, which the checks find nothing wrong with.
Json events_of(std::vector<std::string> options) {
  TempFolder folder;
  const std::string file = folder / "trace.json";
  std::vector<std::string> argv{shmpath(),     options[0], "--place",  "host", "--view",
                                "tracepoints", "--format", "perfetto", "-o",   file};
  argv.insert(argv.end(), options.begin() + 1, options.end());
  CHECK(run_command({argv}).status == 0);
  const std::string text = read_file(file);
  CHECK(trace_event_format::check_trace_events(text) == "");
  return Json::parse(text, nullptr, false);
}

std::size_t count(const Json& events, const std::string& phase, const std::string& category) {
  return static_cast<std::size_t>(std::ranges::count_if(events, [&](const Json& event) {
    return event.value("ph", "") == phase && event.value("cat", "") == category;
  }));
}

}  // namespace

TEST_CASE("a lab's file for Perfetto has its steps, its calls and arrows to the LRU") {
  NEEDS_ROOT();
  for (const char* lab : {"01", "02", "06", "12"}) {
    CAPTURE(lab);
    const Json events = events_of({"run", lab});
    CHECK(count(events, "B", "step") >= 5);
    CHECK(count(events, "B", "user") >= 5);
    CHECK(count(events, "B", "syscall") > 50);
    CHECK(count(events, "s", "folio") > 5);
    CHECK(events.back()["name"] == "complete");
  }
}

TEST_CASE("threads, children and programs that replace one another nest in the file for Perfetto") {
  NEEDS_ROOT();
  for (const char* program :
       {"threads64", "fork_tree", "vfork_exec", "thread_exec", "exec_other"}) {
    CAPTURE(program);
    TempFolder folder;
    const std::string file = folder / "trace.json";
    run_command({{shmpath(), "trace", "--place", "host", "--format", "perfetto", "-o", file, "--",
                  target(program)}});
    CHECK(trace_event_format::check_trace_events(read_file(file)) == "");
  }
}
