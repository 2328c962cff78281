// SPDX-License-Identifier: BSD-2-Clause
//
// The trace file: every line is JSON, with the fields that readers rely on.
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/catch.h"
#include "tests/unit/events.h"

using namespace shmpath;
using nlohmann::json;

namespace {

struct Fixture {
  TextOutput out;
  std::unique_ptr<Renderer> renderer = make_jsonl_renderer(out);
  json line() {
    REQUIRE(out.text.ends_with("\n"));
    const std::string text = std::exchange(out.text, "");
    REQUIRE(text.find('\n') == text.size() - 1);
    return json::parse(text);
  }
  json event(const Event& event) {
    renderer->event(event);
    return line();
  }
};

Header some_header() {
  Header header;
  header.kernel = "6.18.0";
  header.machine = "x86_64";
  header.place = "host";
  header.view = "tracepoints";
  header.why = "no other";
  header.command = {"./a.out", "an \"argument\"", "\\"};
  header.attached = 41;
  header.missing = {{"update_lru_size", "inlined into lru_add"}, {"b", "gone"}};
  return header;
}

}  // namespace

TEST_CASE("The first line says what format, machine, view and command it is") {
  Fixture f;
  f.renderer->header(some_header());
  CHECK(f.line() == json::parse(R"({"type":"header","format":"shmpath.trace/1","kernel":"6.18.0",
    "machine":"x86_64","place":"host","view":"tracepoints","why":"no other",
    "command":["./a.out","an \"argument\"","\\"],
    "probes":{"attached":41,"missing":[{"name":"update_lru_size","reason":"inlined into lru_add"},
                                       {"name":"b","reason":"gone"}]}})"));
  f.renderer->header({});
  const json empty = f.line();
  CHECK(empty["command"] == json::array());
  CHECK(empty["probes"]["missing"] == json::array());
}

TEST_CASE("A step's line has its number and text") {
  Fixture f;
  CHECK(
      f.event(step_event(1203, 1, "create \"it\"")) ==
      json::parse(R"({"type":"step","t":1203,"pid":7,"tid":7,"number":1,"text":"create \"it\""})"));
}

TEST_CASE("An entry's line has its layer, name and arguments") {
  Fixture f;
  CHECK(f.event(of_thread(user_enter(1250, "shm_open",
                                     {{"name", std::string("shmtest")},
                                      {"oflag", std::string("O_RDWR|O_CREAT")},
                                      {"size", ~std::uint64_t{0}},
                                      {"fd", std::int64_t{-1}}}),
                          7, 8)) ==
        json::parse(R"({"type":"enter","t":1250,"pid":7,"tid":8,"layer":"user","name":"shm_open",
          "args":{"name":"shmtest","oflag":"O_RDWR|O_CREAT","size":18446744073709551615,"fd":-1}})"));
  CHECK(
      f.event(syscall_enter(1, "getpid")) ==
      json::parse(
          R"({"type":"enter","t":1,"pid":7,"tid":7,"layer":"syscall","name":"getpid","args":{}})"));
}

TEST_CASE("In the trace file a string that could not be read is null and named") {
  Fixture f;
  Event event = syscall_enter(1, "openat", {{"pathname", {}}});
  event.unread = {"pathname"};
  const json line = f.event(event);
  CHECK(line["args"]["pathname"].is_null());
  CHECK(line["unread"] == json::array({"pathname"}));
}

TEST_CASE("A return's line has its value, and its error and time where it has them") {
  Fixture f;
  Event event = syscall_exit(1900, "openat", 3);
  event.ns = 600;
  CHECK(f.event(event) == json::parse(R"({"type":"exit","t":1900,"pid":7,"tid":7,"layer":"syscall",
                                          "name":"openat","ret":3,"ns":600})"));
  event.ret = std::int64_t{-2};
  event.error = "ENOENT";
  event.ns.reset();
  CHECK(f.event(event) == json::parse(R"({"type":"exit","t":1900,"pid":7,"tid":7,"layer":"syscall",
                                          "name":"openat","ret":-2,"error":"ENOENT"})"));
  event = syscall_exit(1, "fstat");
  event.args = {{"st_size", std::int64_t{4096}}};
  event.ns = 0;
  CHECK(f.event(event)["args"] == json::parse(R"({"st_size":4096})"));
  event.ret = {};
  const json line = f.event(event);
  CHECK(line["ret"].is_null());
  CHECK(line["ns"] == 0);
}

TEST_CASE("A point's line has the stack, innermost first, where there is one") {
  Fixture f;
  const Stack stack = stack_of({"shmem_alloc_folio", "shmem_fault"});
  const json expected = json::parse(R"({"type":"point","t":2600,"pid":7,"tid":7,"layer":"kernel",
    "name":"mm_page_alloc","args":{"pfn":119},"stack":["shmem_alloc_folio","shmem_fault"]})");
  CHECK(f.event(point_event(2600, "mm_page_alloc", {{"pfn", std::uint64_t{119}}}, stack)) ==
        expected);
  CHECK(f.event(point_event(2600, "mm_page_alloc", {{"pfn", std::uint64_t{119}}}, stack)) ==
        expected);
  CHECK(f.event(point_event(1, "a", {}, stack_of({"other"})))["stack"] == json::array({"other"}));
  CHECK(f.event(point_event(1, "a", {}, stack))["stack"] == expected["stack"]);
  CHECK_FALSE(f.event(point_event(1, "a")).contains("stack"));
  CHECK(f.event(point_event(1, "a", {}, stack_of({})))["stack"] == json::array());
}

TEST_CASE("The kernel's own name is given where it differs") {
  Fixture f;
  Event event = point_event(1, "shmem_get_folio_gfp");
  CHECK_FALSE(f.event(event).contains("symbol"));
  event.symbol = "shmem_getpage_gfp";
  CHECK(f.event(event)["symbol"] == "shmem_getpage_gfp");
}

TEST_CASE("A loss has its line, in place") {
  Fixture f;
  CHECK(f.event(lost_event(9000, 12)) == json::parse(R"({"type":"lost","t":9000,"count":12})"));
}

TEST_CASE("The last line counts each kind of gap apart, and says whether there is any") {
  Fixture f;
  Summary summary;
  summary.counts.events = 812;
  summary.exit_code = 0;
  summary.counts.cut = 5;
  summary.counts.unfinished = 6;
  f.renderer->summary(summary);
  CHECK(f.line() == json::parse(R"({"type":"summary","events":812,"lost":0,"unmatched":0,"unread":0,
    "no_stack":0,"missed":0,"late_probes":0,"unfinished":6,"cut":5,"complete":true,"exit":{"code":0}})"));
  CHECK(f.out.flushes == 1);
  summary.counts.lost = 1;
  summary.counts.unmatched = 2;
  summary.counts.unread = 3;
  summary.counts.no_stack = 4;
  summary.missed = 7;
  summary.late_probes = 8;
  summary.exit_code = -1;
  f.renderer->summary(summary);
  CHECK(f.line() == json::parse(R"({"type":"summary","events":812,"lost":1,"unmatched":2,"unread":3,
    "no_stack":4,"missed":7,"late_probes":8,"unfinished":6,"cut":5,"complete":false})"));
  summary.signal = 9;
  f.renderer->summary(summary);
  CHECK(f.line()["exit"] == json::parse(R"({"signal":9})"));
}

TEST_CASE("Each kind of gap alone makes a trace incomplete") {
  for (auto count :
       {&PathCounts::lost, &PathCounts::unmatched, &PathCounts::unread, &PathCounts::no_stack}) {
    Summary summary;
    CHECK(summary.complete());
    summary.counts.*count = 1;
    CHECK_FALSE(summary.complete());
  }
  Summary missed, late;
  missed.missed = 1;
  late.late_probes = 1;
  CHECK_FALSE(missed.complete());
  CHECK_FALSE(late.complete());
  Summary summary;
  summary.missed = 1;
  CHECK_FALSE(summary.complete());
}

TEST_CASE("A pause writes out what there is") {
  Fixture f;
  f.renderer->idle();
  CHECK(f.out.flushes == 1);
}
