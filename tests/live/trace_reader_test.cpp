// SPDX-License-Identifier: BSD-2-Clause
//
// The reader that the tests from outside lean on: each fault it is there to notice, it notices.
#include "tests/live/trace_reader.h"

#include "tests/catch.h"

using namespace live;
using Names = std::vector<std::string>;

namespace {

const std::string header =
    R"({"type":"header","format":"shmpath.trace/1","kernel":"6.18","machine":"x86_64",)"
    R"("place":"host","view":"tracepoints","command":["true"],)"
    R"("probes":{"attached":3,"missing":[]}})"
    "\n";
const std::string summary =
    R"({"type":"summary","events":2,"lost":0,"unmatched":0,"exit":{"code":0}})"
    "\n";

std::string enter(int tid, const std::string& name, const std::string& layer = "syscall") {
  return R"({"type":"enter","t":1,"pid":7,"tid":)" + std::to_string(tid) + R"(,"layer":")" + layer +
         R"(","name":")" + name + R"(","args":{"fd":3}})" + "\n";
}

std::string exit(int tid, const std::string& name, const std::string& layer = "syscall") {
  return R"({"type":"exit","t":2,"pid":7,"tid":)" + std::to_string(tid) + R"(,"layer":")" + layer +
         R"(","name":")" + name + R"(","ret":0,"ns":1})" + "\n";
}

Names problems_of(const std::string& events) {
  return read_trace(header + events + summary).problems;
}

}  // namespace

TEST_CASE("a well formed trace has no problems and its calls nest") {
  const Trace trace =
      read_trace(header + enter(7, "shm_open", "user") + enter(7, "openat") + enter(8, "close") +
                 exit(7, "openat") + exit(7, "shm_open", "user") + exit(8, "close") + summary);
  CHECK(trace.problems == Names{});
  REQUIRE(trace.calls.size() == 3);
  CHECK(trace.calls[0].parent == -1);
  CHECK(trace.calls[1].parent == 0);
  CHECK(trace.calls[2].parent == -1);
  CHECK(is_inside(trace, 1, 0));
  CHECK_FALSE(is_inside(trace, 2, 0));
  CHECK(find_call(trace, "syscall", "close") == 2);
  CHECK(find_call(trace, "syscall", "shm_open") == -1);
}

TEST_CASE("a call that does not return is not a problem, an exit alone is") {
  CHECK(problems_of(enter(7, "exit_group")) == Names{});
  CHECK(problems_of(exit(7, "close")).size() == 1);
}

TEST_CASE("calls that cross on one thread are a problem") {
  CHECK_FALSE(problems_of(enter(7, "openat") + enter(7, "close") + exit(7, "openat")).empty());
  CHECK_FALSE(problems_of(enter(7, "openat", "user") + exit(7, "openat")).empty());
}

TEST_CASE("execve by another thread returns in the first one's name and ends what was open") {
  const Trace trace =
      read_trace(header + enter(7, "futex") + enter(8, "execve") + exit(7, "execve") +
                 enter(7, "write") + exit(7, "write") + summary);
  CHECK(trace.problems == Names{});
  CHECK(trace.calls[1].returned);
  CHECK_FALSE(trace.calls[0].returned);
  CHECK(trace.calls[2].parent == -1);
}

TEST_CASE("a trace without header, summary, time, thread, name or duration is a problem") {
  CHECK_FALSE(read_trace("").problems.empty());
  CHECK_FALSE(read_trace(summary).problems.empty());
  CHECK_FALSE(read_trace(header + enter(7, "close")).problems.empty());
  CHECK_FALSE(read_trace(header + "no json\n" + summary).problems.empty());
  for (const char* line : {R"({"type":"enter","pid":7,"tid":7,"layer":"syscall","name":"close"})",
                           R"({"type":"enter","t":1,"pid":7,"layer":"syscall","name":"close"})",
                           R"({"type":"point","t":1,"pid":7,"tid":7})", R"({"type":"surprise"})"}) {
    CAPTURE(line);
    CHECK_FALSE(problems_of(std::string(line) + "\n").empty());
  }
  std::string no_duration = exit(7, "close");
  no_duration.replace(no_duration.find(",\"ns\":1"), 7, "");
  CHECK_FALSE(problems_of(enter(7, "close") + no_duration).empty());
}

TEST_CASE("an argument read at exit replaces the one that was not read at entry") {
  const char* opened = R"({"type":"enter","t":1,"pid":7,"tid":7,"layer":"syscall","name":"openat",)"
                       R"("args":{"pathname":null},"unread":["pathname"]})"
                       "\n"
                       R"({"type":"exit","t":2,"pid":7,"tid":7,"layer":"syscall","name":"openat",)"
                       R"("ret":3,"ns":1,"args":{"pathname":"/x"}})"
                       "\n";
  const Trace trace = read_trace(header + opened + summary);
  REQUIRE(trace.calls.size() == 1);
  CHECK(field(trace.calls[0].args, "pathname") == "/x");
  CHECK(trace.calls[0].unread.empty());
}

TEST_CASE("a kernel path is found in a stack and in nested calls, in order") {
  const std::string point =
      R"({"type":"point","t":1,"pid":7,"tid":7,"layer":"kernel","name":"mm_page_alloc",)"
      R"("stack":["c","b","a"]})"
      "\n";
  const Trace stack = read_trace(header + point + summary);
  CHECK(kernel_path_holding(stack, 7, 0, 2, {"c", "a"}) == Names{"c", "b", "a"});
  CHECK(kernel_path_holding(stack, 7, 0, 2, {"a", "c"}).empty());
  CHECK(kernel_path_holding(stack, 8, 0, 2, {"c"}).empty());
  const Trace nested =
      read_trace(header + enter(7, "a", "kernel") + enter(7, "b", "kernel") + summary);
  CHECK(kernel_path_holding(nested, 7, 0, 3, {"b", "a"}) == Names{"b", "a"});
}

TEST_CASE("a result is a number however it is written") {
  CHECK(number_of(Json(3)) == 3);
  CHECK(number_of(Json(-2)) == -2);
  CHECK(number_of(Json("0x7f31")) == 0x7f31);
  CHECK(number_of(Json("0xffffffffffffffff")) == -1);
}
