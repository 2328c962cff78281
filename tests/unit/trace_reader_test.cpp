// SPDX-License-Identifier: BSD-2-Clause
//
// The trace file back into events, and what is no trace file refused.
#include "tracer/trace_reader.h"

#include <algorithm>

#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tests/unit/recordings.h"
#include "tracer/failure.h"

using namespace shmpath;

namespace {

const std::string head = R"({"type":"header","format":"shmpath.trace/1"})"
                         "\n";

std::string summary_of(std::uint64_t events) {
  return R"({"type":"summary","events":)" + std::to_string(events) + "}\n";
}

std::string enter_with(const std::string& fields) {
  return R"({"type":"enter","t":1,"pid":7,"tid":7,"layer":"syscall","name":"read",)" + fields +
         "}\n";
}

// What reading all of it fails with, "" if it does not.
std::string failure_of(const std::string& text) {
  try {
    read_all(text);
    return "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

}  // namespace

TEST_CASE("A line that ends with a stack that was seen before is read as if it were the first") {
  auto one = [](const std::string& beginning) {
    return beginning + R"(,"stack":["f","g"]})" + "\n";
  };
  const std::string point =
      R"({"type":"point","t":1,"pid":7,"tid":7,"layer":"kernel","name":"mm_page_alloc","args":{"pfn":3})";
  const std::string known = head + one(point);
  const auto again = [&](const std::string& beginning) { return known + one(beginning); };

  const Recording read = read_all(again(point) + one(point + R"(,"stack":["h"])") + summary_of(3));
  for (const Event& event : read.events) {
    CHECK(event.stack == read.events[0].stack);  // of two the last counts, here as there
    CHECK(find_arg(event, "pfn"));
  }
  // what is no line with the stack is none without
  for (const char* broken : {"", "{", R"({"type":"point")", R"({"a":1},)", R"({"a":1,)",
                             R"({"a":"x)", R"({"a":"x\)", R"({"a":[1)", R"({"a":{"b":1)",
                             R"({"a":1})", R"({"a")", R"({"a":)", "[1", R"({"a":"\xff")"}) {
    INFO(broken);
    const std::string alone = failure_of(head + one(broken));
    CHECK_FALSE(alone.empty());
    const std::size_t place = alone.find(":2:");
    REQUIRE(place != std::string::npos);
    CHECK(failure_of(again(broken)) == alone.substr(0, place) + ":3:" + alone.substr(place + 3));
  }
}

TEST_CASE("A trace comes back as it was written, line by line") {
  Event entry = syscall_enter(5, "openat",
                              {{"dirfd", std::string("AT_FDCWD")},
                               {"pathname", Value{}},
                               {"fd", std::int64_t{-1}},
                               {"size", UINT64_MAX}});
  entry.unread = {"pathname"};
  entry.bad_address = true;
  Event exit = syscall_exit(9, "openat", -14);
  exit.error = "EFAULT";
  exit.ns = 4;
  Event function = kernel_enter(10, "shmem_get_inode", {{"mode", std::string("0100777")}});
  function.symbol = "__shmem_get_inode";
  const Stack stack = stack_of({"shmem_fault", "handle_mm_fault"});
  Summary summary;
  summary.counts.events = 7;
  summary.counts.lost = 3;
  summary.counts.unfinished = 1;
  summary.signal = 9;
  const Header header{.kernel = "6.12",
                      .machine = "x86_64",
                      .place = "vm",
                      .view = "functions",
                      .why = "by kprobe-multi",
                      .lab = "01-posix-shm",
                      .command = {"a", ";", "b \\x1b \"c\""},
                      .attached = 41,
                      .missing = {{"f", "inlined into g", true}, {"h", "refused", false}}};
  const std::vector<Event> events = {step_event(1, 2, "create it"),
                                     entry,
                                     exit,
                                     function,
                                     point_event(11, "mm_page_alloc", {}, stack),
                                     point_event(12, "mm_page_alloc", {}, stack),
                                     lost_event(13, 3),
                                     kernel_exit(14, "shmem_get_inode")};
  const std::string text = recorded(header, events, summary);
  const Recording read = read_all(text);
  REQUIRE(read.events.size() == events.size());
  CHECK(recorded(read.header, read.events, read.summary) == text);
  CHECK(read.header.missing[0].by_nature);
  CHECK_FALSE(read.header.missing[1].by_nature);
  CHECK(read.events[1].bad_address);
  CHECK(read.events[1].args == entry.args);
  CHECK(read.events[4].stack == read.events[5].stack);  // one object
  CHECK(read.summary.signal == 9);
}

TEST_CASE("A pause is where it was") {
  TextOutput out;
  auto lines = make_jsonl_renderer(out);
  lines->header({});
  lines->event(step_event(1, 1));
  lines->idle();
  lines->event(step_event(2, 2));
  lines->event(step_event(3, 3));
  Summary summary;
  summary.counts.events = 3;
  lines->summary(summary);
  CHECK(read_all(out.text).pauses == std::vector<bool>{false, true, false});
}

TEST_CASE("Unknown fields and types of line are passed over") {
  const Recording read = read_all(
      R"({"later":[{"a":1.5}],"type":"header","format":"shmpath.trace/1","probes":{"more":[]}})"
      "\n"
      R"({"type":"weather","t":"sunny"})"
      "\n" +
      enter_with(R"("args":{},"colour":{"r":0.5})") + summary_of(1));
  CHECK(read.events.size() == 1);
}

TEST_CASE("What is no trace is refused by file and line") {
  const std::string one = R"(trace:1: )", two = "trace:2: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", one + "empty"},
      {"hello", one + "cut off in the header, or no trace"},
      {"hello\n", one + "broken JSON"},
      {"[]\n", one + "no JSON object"},
      {"{}\n", one + "`type` is not a string"},
      {enter_with(R"("args":{})"), one + "no header"},
      {R"({"type":"header"})"
       "\n",
       one + "the header names no format"},
      {R"({"type":"header","format":7})"
       "\n",
       one + "`format` is not a string"},
      {R"({"type":"header","format":"shmpath.trace/2"})"
       "\n",
       one + "the format is shmpath.trace/2, not shmpath.trace/1; use a newer shmpath"},
      {R"({"type":"header","format":"\u001b[2J"})"
       "\n",
       one + "the format is \\x1b[2J, not"},
      {head + head, two + "a second header"},
      {head + "\n", two + "broken JSON"},
      {head + "{\"type\":\"step\",}\n", two + "broken JSON"},
      {head + "{\"type\":\"step\"} {}\n", two + "broken JSON"},
      {head + "{\"type\":\"\xff\"}\n", two + "not UTF-8"},
      {head + R"({"type":"x","a":)" + std::string(100, '[') + std::string(100, ']') + "}\n",
       two + "nested too deeply"},
      {head + R"({"type":"x","a":)" + std::string(100'000, '[') + "\n", two},
      {head + R"({"type":"lost","t":99999999999999999999,"count":1})"
              "\n",
       two + "a number"},
      {head + R"({"type":"lost","t":-1,"count":1})"
              "\n",
       two + "`t` is not a number"},
      {head + R"({"type":"lost","t":1.5,"count":1})"
              "\n",
       two + "`t` is not a number"},
      {head + R"({"type":"lost","t":1})"
              "\n",
       two + "lacks `count`"},
      {head + enter_with(R"("args":[])"), two + "`args` is not an object"},
      {head + enter_with(R"("args":{"a":true})"), two + "a value that is no string"},
      {head + enter_with(R"("args":{},"unread":"a")"), two + "`unread` is not an array"},
      {head + enter_with(R"("args":{},"stack":[1])"), two + "`stack` is not an array of strings"},
      {head + enter_with(R"("args":{},"tid":4294967296)"), two + "`tid` is not a number"},
      {head + enter_with(R"("args":{},"layer":"hardware")"), two + "`layer` is not user, sys"},
      {head + enter_with(R"("symbol":"x")"), two + "lacks `args`"},
      {head + R"({"type":"summary","events":0,"exit":{"code":256}})"
              "\n",
       two + "`code` is not a number"},
      {head + std::string(longest_trace_line + 1, ' '), two + "a line of more than 16 MiB"},
  };
  for (const auto& [text, failure] : cases) {
    CAPTURE(text.substr(0, 200), failure);
    CHECK(failure_of(text).starts_with("cannot read " + failure));
  }
}

TEST_CASE("A trace that is not whole says so") {
  const std::string event = enter_with(R"("args":{})");
  CHECK(failure_of(head + event + summary_of(1)).empty());
  CHECK(failure_of(head + event).starts_with("cannot read trace:2: cut off: no summary"));
  CHECK(failure_of(head + event + summary_of(2))
            .starts_with("cannot read trace:3: the summary counts 2 events, but the file has 1"));
  CHECK(failure_of(head + event + summary_of(1) + "\n")
            .starts_with("cannot read trace:4: something follows the summary"));
  CHECK(failure_of(head + event + summary_of(1) + "x")
            .starts_with("cannot read trace:4: something follows the summary"));
}

TEST_CASE("A trace that is cut at any byte is known for cut, packed or not") {
  const std::string text = head + enter_with(R"("args":{"a":"b"})") + summary_of(1);
  REQUIRE(failure_of(text).empty());
  for (std::size_t size = 0; size < text.size(); size++) {
    CAPTURE(size);
    CHECK(failure_of(text.substr(0, size)).starts_with("cannot read trace:"));
  }
  const std::string packed = pack(text);
  REQUIRE(failure_of(packed).empty());
  for (std::size_t size = 0; size < packed.size(); size++) {
    CAPTURE(size);
    CHECK_FALSE(failure_of(packed.substr(0, size)).empty());
  }
  CHECK_FALSE(failure_of(packed + "x").empty());
  std::string damaged = packed;
  damaged[packed.size() / 2] ^= 1;
  CHECK_FALSE(failure_of(damaged).empty());
}

TEST_CASE("A packed line without an end takes no more memory than a line may") {
  CHECK(failure_of(pack(head + std::string(64 << 20, 'x')))
            .starts_with("cannot read trace:2: a line of more than 16 MiB"));
}

TEST_CASE("Text of a trace is safe to print") {
  const Recording read = read_all(
      R"({"type":"header","format":"shmpath.trace/1","kernel":"\u001b]0;x\u0007"})"
      "\n" +
      enter_with(R"("args":{"\u202ea":"b\u200bc\nd"},"symbol":"\u0080","stack":["\u001b"])") +
      summary_of(1));
  CHECK(read.header.kernel == "\\x1b]0;x\\x07");
  const Event& event = read.events.at(0);
  CHECK(event.args == Args{{"\\xe2\\x80\\xaea", std::string("b\\xe2\\x80\\x8bc\\nd")}});
  CHECK(event.symbol == "\\xc2\\x80");
  CHECK(*event.stack == std::vector<std::string>{"\\x1b"});
}

TEST_CASE("A summary that knows of a gap that we do not know is not complete") {
  const Recording read = read_all(head + R"({"type":"summary","events":0,"complete":false})"
                                         "\n");
  CHECK_FALSE(read.summary.complete());
  CHECK(gaps_text(read.summary) == "something that this version of shmpath has no name for");
}
