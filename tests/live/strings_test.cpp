// SPDX-License-Identifier: BSD-2-Clause
//
// A string is what the program passed, or is marked as not read: never empty by accident.
#include <algorithm>

#include "tests/live/support.h"

using namespace live;

namespace {

// The openat calls of the program itself: those after the last one by the loader.
std::vector<Call> openat_calls_with_error_or_path(const Trace& trace) {
  std::vector<Call> calls;
  for (const Call& call : trace.calls)
    if (call.layer == "syscall" && call.name == "openat") calls.push_back(call);
  return calls;
}

bool is_unread(const Call& call, const std::string& name) {
  return std::find(call.unread.begin(), call.unread.end(), name) != call.unread.end();
}

}  // namespace

TEST_CASE("a path in a page not yet resident is read when the call returns") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("nonresident")});
  require_sound(traced);
  CHECK(traced.run.status == 0);
  const auto calls = openat_calls_with_error_or_path(traced.trace);
  REQUIRE(calls.size() >= 3);
  const Call& resident_late = calls[calls.size() - 3];
  CHECK(field(resident_late.args, "pathname") == "/dev/null");
  CHECK(resident_late.error.empty());
  CHECK_FALSE(is_unread(resident_late, "pathname"));
}

TEST_CASE("a path at a bad address is null and marked, and an empty path is empty") {
  NEEDS_ROOT();
  const Traced traced = trace_command({target("nonresident")});
  require_sound(traced);
  const auto calls = openat_calls_with_error_or_path(traced.trace);
  REQUIRE(calls.size() >= 3);
  const Call& bad = calls[calls.size() - 2];
  CHECK(bad.args.contains("pathname"));
  CHECK(field(bad.args, "pathname").is_null());
  CHECK(is_unread(bad, "pathname"));
  CHECK(bad.error == "EFAULT");
  CHECK(bad.ret == -14);
  const Call& empty = calls[calls.size() - 1];
  CHECK(field(empty.args, "pathname") == "");
  CHECK_FALSE(is_unread(empty, "pathname"));
  CHECK(empty.error == "ENOENT");
}

TEST_CASE("a null argument is null only where it was marked") {
  NEEDS_ROOT();
  const Traced traced = trace_command({"ls", "/"});
  require_sound(traced);
  for (const Call& call : traced.trace.calls)
    for (const auto& [name, value] : call.args.items()) {
      CAPTURE(call.name, name);
      CHECK(value.is_null() == is_unread(call, name));
    }
}

TEST_CASE("no control byte of a path reaches the terminal") {
  NEEDS_ROOT();
  const std::string path = "/no-such-\x1b[2J\x07\r\x7f-file";
  const Outcome run =
      run_command({{shmpath(), "trace", "--color", "never", "--", target("exit_code"), "0"}});
  const Outcome hostile = run_command(
      {{shmpath(), "trace", "--color", "never", "--", "sh", "-c", ": < \"$1\" 2>&-", "sh", path}});
  CHECK(run.status == 0);
  CHECK(hostile.err.find("no-such-") != std::string::npos);
  // sh complains about the path in its own words; only shmpath's lines are looked at.
  std::string shown;
  for (std::size_t at = 0; at < hostile.err.size();) {
    const auto end = std::min(hostile.err.find('\n', at), hostile.err.size());
    const std::string line = hostile.err.substr(at, end - at);
    if (line.find("cannot open") == std::string::npos) shown += line;
    at = end + 1;
  }
  for (char byte : {'\x1b', '\x07', '\r', '\x7f'}) CHECK(shown.find(byte) == std::string::npos);
}

TEST_CASE("a path that is no UTF-8 still makes a valid line of JSON") {
  NEEDS_ROOT();
  const Traced traced = trace_command({"cat", "/no-such-\xff\xfe\"\\\n-file"});
  require_sound(traced);
  CHECK(traced.run.status == 1);
}
