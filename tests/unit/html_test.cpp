// SPDX-License-Identifier: BSD-2-Clause
//
// The HTML report: one file whose data can be read back, with nothing in it that a trace could use.
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tracer/html_data.h"
#include "tracer/html_words.h"

using namespace shmpath;
using nlohmann::json;

namespace {

// A flow of one program with one step, and a report about it.
struct Fixture {
  Catalogue catalogue;
  Flow flow;
  TextOutput out;
  bool chinese = false;

  Fixture() {
    flow.number = 1;
    flow.name = "one";
    flow.programs = {"one"};
    flow.steps.push_back({.program = "one",
                          .number = 1,
                          .text = {"map it", "映射"},
                          .user = "mmap",
                          .syscall = {"mmap"},
                          .kernel = {"shmem_fault", "do_fault"}});
    for (const char* name : {"shmem_fault", "do_fault"}) {
      catalogue.functions[name].name = name;
      catalogue.functions[name].source = "mm/shmem.c";
      catalogue.functions[name].text = {"Says what.", "说明。"};
    }
  }
  std::string page(const std::vector<Event>& events, const Summary& summary = {},
                   const Header& header = {}) {
    auto renderer = make_html_renderer(
        out, {.catalogue = catalogue, .calls = {}, .flow = &flow, .chinese = chinese});
    renderer->header(header);
    for (const Event& event : events) renderer->event(event);
    CHECK(out.text.empty());
    renderer->summary(summary);
    return out.text;
  }
};

// The only place in which the page holds what a trace says.
json data_of(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)", end = "</script>";
  const std::size_t from = page.find(begin) + begin.size();
  REQUIRE(page.find(begin) != std::string::npos);
  return json::parse(page.substr(from, page.find(end, from) - from));
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    found++;
  return found;
}

std::vector<Event> begun() {
  return {syscall_enter(1, "execve", {{"pathname", std::string("/labs/one")}}),
          syscall_exit(2, "execve")};
}

// That there are so many system calls mmap.
Claim claim_of_mmap(std::size_t due) {
  Rule rule;
  rule.call = {"mmap"};
  rule.layer = "syscall";
  rule.min = due;
  rule.max = due;
  Claim claim;
  claim.id = "C01";
  claim.program = false;
  claim.see = {rule};
  return claim;
}

std::string status(const json& data, std::size_t finding) {
  return data["flow"]["steps"][0]["findings"][finding]["status"];
}

}  // namespace

TEST_CASE("A report is one file that fetches nothing") {
  Fixture f;
  const std::string page = f.page(begun());
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(page.find("default-src 'none'") != std::string::npos);
  for (const char* mark :
       {"@data@", "@lang@", "/*style*/", "/*script*/", " src=", "<link", "@import"})
    CHECK(page.find(mark) == std::string::npos);
  CHECK(count(page, "http") ==
        count(page, "http://www.w3.org/2000/svg") + count(page, "http-equiv"));
}

TEST_CASE("The rows of a report hold calls with their returns, points, steps and gaps") {
  Fixture f;
  Event enter = syscall_enter(20, "mmap", {{"length", std::int64_t{4096}}});
  std::vector<Event> events = begun();
  events.push_back(step_event(10, 1, "map it"));
  events.push_back(enter);
  events.push_back(at_depth(point_event(25, "mm_page_alloc", {{"pfn", std::int64_t{9}}},
                                        stack_of({"shmem_fault", "do_fault"})),
                            1));
  events.push_back(syscall_exit(30, "mmap", -12));
  events.back().error = "ENOMEM";
  events.push_back(lost_event(40, 7));
  const json data = data_of(f.page(events)), &rows = data["rows"], &strings = data["strings"];
  CHECK(rows["kind"] == json({1, 4, 1, 3, 5}));
  CHECK(rows["t"] == json({1, 9, 10, 5, 15}));
  CHECK(rows["ns"] == json({1, 0, 10, 0, 0}));
  CHECK(rows["parent"] == json({0, 0, 0, 1, 0}));
  CHECK(rows["group"] == json({0, 1, 1, 1, 0}));
  CHECK(rows["orders"] == json({1, 0, 2, 0, 0}));
  CHECK(strings[rows["error"][2].get<std::size_t>()] == "ENOMEM");
  CHECK(strings[rows["ret"][2].get<std::size_t>()] == "-12");
  CHECK(strings[rows["args"][4].get<std::size_t>()] == "7");
  CHECK(data["stacks"][rows["stack"][3].get<std::size_t>()].size() == 2);
  CHECK(data["threads"] == json::array({{7, 7}}));
  CHECK(data["groups"][1][1] == 1);
  CHECK(data["flow"]["groups"] == json({-1, 0}));
}

TEST_CASE("A call that did not return, and a string that was not read, are told from others") {
  Fixture f;
  Event enter = syscall_enter(5, "openat", {{"pathname", std::monostate()}});
  enter.unread = {"pathname"};
  const json data = data_of(f.page({enter}));
  CHECK(data["rows"]["ns"] == json({-1}));
  const json list = data["lists"][data["rows"]["args"][0].get<std::size_t>()];
  REQUIRE(list.size() == 2);
  CHECK(list[1] == -1);
}

TEST_CASE("Equal strings, arguments and stacks are kept once") {
  Fixture f;
  std::vector<Event> events;
  for (std::uint64_t t = 0; t < 100; t++)
    events.push_back(point_event(t, "mm_page_alloc", {{"order", std::int64_t{0}}},
                                 stack_of({"shmem_fault", "do_fault"})));
  const json data = data_of(f.page(events));
  CHECK(data["lists"].size() == 2);
  CHECK(data["stacks"].size() == 2);
  CHECK(data["strings"].size() == 6);
}

TEST_CASE("No string of a trace becomes markup or leaves the data") {
  Fixture f;
  const std::string plain = f.page({});
  f.out.text.clear();
  const std::string mark = std::string("\xe2\x80") + "\xae";  // writes from right to left
  const std::string bad =
      "</script><!--<script><img src=x onerror=alert(1)>\"'\\&\x1b[31m\xff" + mark;
  Event call = syscall_enter(3, bad, {{bad, bad}});
  Header header;
  header.kernel = header.lab = header.why = bad;
  header.command = {bad};
  header.missing = {{bad, bad}};
  const std::string page =
      f.page({step_event(1, 1, bad), call, point_event(4, "p", {}, stack_of({bad}))}, {}, header);
  for (const char* mark : {"<script", "</script", "<!--", "<img", "onerror=\""})
    CHECK(count(page, mark) == count(plain, mark));
  for (const char c : {'\x1b', '\xff'}) CHECK(page.find(c) == std::string::npos);
  CHECK(page.find(mark) == std::string::npos);
  const json data = data_of(page);
  CHECK(data["header"]["kernel"].get<std::string>().starts_with("</script><!--<script><img"));
}

TEST_CASE("The table says of each documented call what the trace alone tells") {
  Fixture f;
  Header header;
  header.view = "functions";
  header.missing = {{"do_fault", "inlined into __handle_mm_fault"}};
  std::vector<Event> events = begun();
  json data = data_of(f.page(events, {}, header));
  CHECK(status(data, 0) == "not reached");
  CHECK(status(data, 1) == "not reached");
  CHECK(status(data, 2) == "not reached");
  CHECK(status(data, 3) == "inlined into __handle_mm_fault");
  CHECK(data["flow"]["steps"][0]["findings"][0]["row"] == -1);

  f.out.text.clear();
  f.catalogue.functions["shmem_fault"].names = {"shmem_fault_new"};
  events.push_back(step_event(10, 1));
  events.push_back(user_enter(11, "mmap"));
  events.push_back(user_exit(12, "mmap"));
  events.push_back(kernel_enter(13, "shmem_fault"));
  events.back().symbol = "shmem_fault_new";
  data = data_of(f.page(events, {}, header));
  CHECK(status(data, 0) == "observed");
  CHECK(data["flow"]["steps"][0]["findings"][0]["row"] == 2);
  CHECK(data["flow"]["steps"][0]["findings"][0]["count"] == 1);
  CHECK(status(data, 2) == "renamed to shmem_fault_new");
}

TEST_CASE("In the tracepoints view a stack shows a function") {
  Fixture f;
  Header header;
  header.view = "tracepoints";
  std::vector<Event> events = begun();
  events.push_back(step_event(10, 1));
  events.push_back(
      point_event(11, "mm_page_alloc", {}, stack_of({"shmem_fault", "handle_mm_fault"})));
  const json data = data_of(f.page(events, {}, header));
  CHECK(status(data, 2) == "observed");
  CHECK(status(data, 3) == "not probeable (no tracepoint lies below it)");
}

TEST_CASE("A claim has a verdict as far as the trace gives one, and the rows that witness it") {
  Fixture f;
  f.flow.claims = {claim_of_mmap(1), claim_of_mmap(1)};
  f.flow.claims[1].program = true;
  f.flow.claims[1].see.clear();
  std::vector<Event> events = begun();
  json data = data_of(f.page(events));
  CHECK(data["flow"]["claims"][0]["verdict"] == "differs");
  CHECK(data["flow"]["claims"][1]["verdict"] == "not checked here");
  CHECK(data["flow"]["claims"][1]["said"] ==
        "by the program itself, which a trace does not hold: see check");

  f.out.text.clear();
  events.push_back(syscall_enter(11, "mmap"));
  data = data_of(f.page(events));
  CHECK(data["flow"]["claims"][0]["verdict"] == "holds");
  CHECK(data["flow"]["claims"][0]["rows"] == json({1}));

  f.out.text.clear();
  Summary cut;
  cut.counts.lost = 3;
  data = data_of(f.page(events, cut));
  CHECK(data["flow"]["claims"][0]["verdict"] == "not checked here");
  CHECK(data["summary"]["complete"] == false);
  CHECK(data["summary"]["gaps"] == "3 events lost");
}

TEST_CASE("Explanations are those of the names in the trace, in the language that was asked for") {
  Fixture f;
  const std::vector<Event> events = {kernel_enter(1, "shmem_fault")};
  CHECK(data_of(f.page(events))["reference"] ==
        json::array({{"kernel", "shmem_fault", "Says what.", "mm/shmem.c", ""}}));
  f.out.text.clear();
  f.chinese = true;
  const std::string page = f.page(events);
  CHECK(data_of(page)["reference"][0][2] == "说明。");
  CHECK(page.find("<html lang=\"zh\">") != std::string::npos);
}

TEST_CASE("What a report has no room for is counted, and no claim is judged without it") {
  Fixture f;
  f.flow.claims = {claim_of_mmap(0)};
  constexpr std::size_t most = 500'000;
  std::vector<Event> events(most + 3, point_event(1, "mm_page_alloc"));
  const json data = data_of(f.page(events));
  CHECK(data["summary"]["left_out"] == 3);
  CHECK(data["rows"]["kind"].size() == most);
  CHECK(data["flow"]["claims"][0]["verdict"] == "not checked here");
}

TEST_CASE("A process of a program that another started is none of the first") {
  Flow flow;
  flow.programs = {"one", "two"};
  std::vector<Event> events = begun();
  events.push_back(point_event(3, "sched_process_fork", {{"child_pid", std::uint64_t{8}}}));
  events.push_back(of_thread(syscall_enter(4, "execve"), 8, 8));
  events.push_back(of_thread(point_event(5, "mm_lru_insertion"), 30, 30));
  events.push_back(of_thread(syscall_enter(6, "execve"), 9, 9));
  const std::map<pid_t, std::string> expected = {{7, "one"}, {9, "two"}};
  CHECK(first_processes(events, flow) == expected);
}

TEST_CASE("A process is a program's though it was seen before its execve, or its number was used") {
  Flow flow;
  flow.programs = {"one", "two", "three"};
  std::vector<Event> events = begun();
  events.push_back(point_event(3, "sched_process_fork", {{"child_pid", std::uint64_t{8}}}));
  events.push_back(
      of_thread(point_event(4, "mm_lru_insertion"), 9, 9));  // held, it drained a batch
  events.push_back(of_thread(syscall_enter(5, "execve"), 9, 9));
  events.push_back(of_thread(point_event(6, "sched_process_exit"), 8, 8));
  events.push_back(of_thread(syscall_enter(7, "execve"), 8, 8));
  const std::map<pid_t, std::string> expected = {{7, "one"}, {9, "two"}, {8, "three"}};
  CHECK(first_processes(events, flow) == expected);
}
