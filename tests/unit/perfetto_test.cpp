// SPDX-License-Identifier: BSD-2-Clause
//
// The file for the Perfetto UI: each is checked against what the format and Perfetto ask for
// (trace_event_checks.h), and each of those checks is shown to fail.
#include "tests/catch.h"
#include "tests/trace_event_checks.h"
#include "tests/unit/events.h"
#include "tests/unit/golden.h"
#include "tracer/path.h"

using namespace shmpath;
using nlohmann::json;
using trace_event_format::check_trace_events;

namespace {

// Through path, as every trace goes.
struct Fixture {
  TextOutput out;
  std::unique_ptr<Renderer> renderer = make_perfetto_renderer(out);
  Path path{[this](const Event& event) { renderer->event(event); }};

  void show(const std::vector<Event>& events) {
    for (const Event& event : events) path.add(event);
  }
  std::string end() {
    path.finish();
    Summary summary;
    summary.counts = path.counts();
    summary.exit_code = 0;
    renderer->summary(summary);
    CHECK(check_trace_events(out.text) == "");
    return out.text;
  }
  // The events of that phase and name.
  std::vector<json> all(const std::string& phase, const std::string& name) {
    std::vector<json> found;
    for (const json& event : json::parse(out.text))
      if (event["ph"] == phase && event["name"] == name) found.push_back(event);
    return found;
  }
  json only(const std::string& phase, const std::string& name) {
    const std::vector<json> found = all(phase, name);
    REQUIRE(found.size() == 1);
    return found[0];
  }
};

std::string text(const char* s) { return s; }
std::uint64_t operator""_u(unsigned long long n) { return n; }

const Stack alloc_path = stack_of({"shmem_alloc_folio", "shmem_fault"});

Event executed(std::uint64_t t, std::uint32_t pid, const char* comm, std::uint64_t old_tid) {
  return of_thread(
      point_event(t, "sched_process_exec", {{"comm", text(comm)}, {"old_tid", old_tid}}), pid, pid);
}

// Two processes, one with two threads: a program is loaded, an object made and touched, its folio
// inserted by a task that is not traced.
std::vector<Event> some_lab() {
  return {
      syscall_enter(0, "execve", {{"pathname", text("./posix_shm")}}),
      executed(1000, 7, "posix_shm", 7),
      syscall_exit(1234, "execve"),
      step_event(2000, 1, "create the object"),
      user_enter(2100, "shm_open", {{"name", text("shmtest")}}),
      syscall_enter(2200, "openat", {{"pathname", text("/dev/shm/shmtest")}}),
      kernel_enter(2300, "shmem_create", {{"inode", 1_u}}),
      kernel_exit(2400, "shmem_create"),
      syscall_exit(2500, "openat", 3),
      user_exit(2600, "shm_open", 3),
      syscall_enter(2700, "clone"),
      point_event(2750, "sched_process_fork", {{"child_pid", 9_u}, {"child_tid", 9_u}}),
      syscall_exit(2800, "clone", 9),
      of_thread(syscall_enter(2850, "pause"), 7, 8),
      step_event(3000, 2, "store"),
      fault_event(3100, "0x7f31000"),
      point_event(3200, "mm_page_alloc", {{"pfn", 119_u}, {"order", 0_u}}, alloc_path),
      point_event(3300, "mm_page_alloc", {{"pfn", 120_u}, {"order", 0_u}}, alloc_path),
      lost_event(3400, 12),
      of_thread(syscall_enter(3500, "wait4"), 9, 9),
      of_thread(point_event(5001, "mm_lru_insertion",
                            {{"pfn", 119_u}, {"owner_pid", 7_u}, {"drained_by", text("kworker")}},
                            stack_of({"lru_add"})),
                77, 77),
      syscall_enter(6000, "exit_group", {{"status", std::int64_t{0}}}),
      point_event(6100, "sched_process_exit", {{"code", 0_u}})};
}

}  // namespace

TEST_CASE("A lab's file for Perfetto nests, is in order, and its arrows have two ends") {
  Fixture f;
  Header header;
  header.kernel = "6.18.0";
  header.machine = "x86_64";
  header.place = "host";
  header.view = "functions";
  header.lab = "01-posix-shm";
  header.command = {"./posix_shm"};
  header.attached = 41;
  header.missing = {{"a", "gone"}};
  f.renderer->header(header);
  f.show(some_lab());
  check_golden("perfetto.json", f.end());
}

TEST_CASE("Times are microseconds, exact to the nanosecond") {
  Fixture f;
  f.show({syscall_enter(1'234'567'890'123'456'789, "getpid"),
          syscall_exit(1'234'567'890'123'456'790, "getpid", 7)});
  CHECK(f.end().find(R"("B","ts":1234567890123456.789,)") != std::string::npos);
  CHECK(f.out.text.find(R"("E","ts":1234567890123456.790,)") != std::string::npos);
}

TEST_CASE("A slice has its arguments, its result and its error") {
  Fixture f;
  Event enter = syscall_enter(1, "openat", {{"pathname", {}}, {"size", ~0_u}});
  enter.unread = {"pathname"};
  Event failed = syscall_exit(2, "openat", -14);
  failed.error = "EFAULT";
  Event stat = syscall_exit(4, "fstat");
  stat.args = {{"st_size", std::int64_t{35}}};
  Event symbol = kernel_enter(5, "shmem_get_inode");
  symbol.symbol = "__shmem_get_inode";
  f.show(
      {enter, failed, syscall_enter(3, "fstat"), stat, symbol, kernel_exit(6, "shmem_get_inode")});
  f.end();
  CHECK(f.only("B", "openat")["args"] ==
        json::parse(R"({"pathname":null,"size":18446744073709551615,"unread":["pathname"]})"));
  CHECK(f.only("E", "openat")["args"] == json::parse(R"({"ret":-14,"error":"EFAULT"})"));
  CHECK(f.only("i", "EFAULT")["cat"] == "error");
  CHECK(f.only("E", "fstat")["args"] == json::parse(R"({"ret":0,"out":{"st_size":35}})"));
  CHECK(f.only("B", "shmem_get_inode")["args"]["symbol"] == "__shmem_get_inode");
}

TEST_CASE("What has not returned is closed, and says so") {
  Fixture f;
  f.show({user_enter(1, "shm_open"), syscall_enter(2, "openat"), user_enter(3, "mmap"),
          syscall_enter(4, "mmap"), kernel_enter(5, "do_mmap"), syscall_exit(6, "mmap"),
          of_thread(syscall_enter(7, "exit_group"), 8, 8),
          of_thread(syscall_enter(90, "getpid"), 9, 9)});
  f.end();
  CHECK(f.only("E", "openat")["args"]["unfinished"] == "its return was missed");
  CHECK(f.only("E", "do_mmap")["args"]["unfinished"] == "its return was missed");
  CHECK(f.only("E", "shm_open")["args"]["unfinished"] == "had not returned");
  CHECK(f.only("E", "shm_open")["ts"] == 0.09);
  CHECK_FALSE(f.only("E", "exit_group").contains("args"));
  CHECK(f.only("E", "exit_group")["ts"] == 0.007);
}

TEST_CASE("A file that is cut off after any event is an array without its bracket") {
  Fixture f;
  f.show(some_lab());
  const std::string whole = f.end();
  std::size_t lines = 0;
  for (std::size_t at = whole.find(",\n"); at != std::string::npos;
       at = whole.find(",\n", at + 1), lines++)
    CHECK(json::parse(whole.substr(0, at) + "]", nullptr, false).is_array());
  CHECK(lines > 20);
  Fixture empty;
  CHECK(empty.end().starts_with("["));
}

TEST_CASE("An arrow needs the allocation that the insertion names") {
  Fixture f;
  f.show({point_event(1, "mm_page_alloc", {{"pfn", 1_u}}),
          point_event(2, "mm_lru_insertion", {{"pfn", 2_u}}),
          point_event(3, "mm_lru_insertion", {{"pfn", 1_u}}),
          point_event(4, "mm_lru_insertion", {{"pfn", 1_u}})});
  f.end();
  CHECK(f.only("s", "queued for the LRU")["ts"] == 0.001);
  CHECK(f.only("f", "queued for the LRU")["ts"] == 0.003);
}

TEST_CASE("A thread that executes a program takes its call along to the first thread's track") {
  Fixture f;
  f.show({of_thread(syscall_enter(1, "futex"), 7, 7), of_thread(user_enter(2, "mmap"), 7, 8),
          of_thread(syscall_enter(3, "execve"), 7, 8), executed(4, 7, "other", 8),
          of_thread(syscall_exit(5, "execve"), 7, 7), of_thread(syscall_enter(6, "brk"), 7, 7),
          of_thread(syscall_exit(7, "brk"), 7, 7)});
  f.end();
  const auto ends = f.all("E", "execve");
  REQUIRE(ends.size() == 2);
  CHECK(ends[0]["args"]["goes_on_as"] == 7);
  CHECK(ends[1]["args"]["ret"] == 0);
  CHECK(f.only("E", "futex")["args"]["unfinished"] == "had not returned");
}

TEST_CASE("A thread number that is used again does not continue the one before") {
  Fixture f;
  f.show({of_thread(syscall_enter(1, "pause"), 8, 8), of_thread(step_event(2, 1), 8, 8),
          point_event(3, "sched_process_fork", {{"child_pid", 8_u}, {"child_tid", 8_u}}),
          of_thread(syscall_enter(4, "getpid"), 8, 8),
          of_thread(syscall_exit(5, "getpid", 8), 8, 8), of_thread(syscall_enter(6, "pause"), 8, 8),
          of_thread(syscall_enter(7, "getpid"), 99, 8)});
  f.end();
  CHECK(f.all("E", "pause").size() == 2);
}

TEST_CASE("Records out of order do not make slices overlap") {
  Fixture f;
  f.show({syscall_enter(10, "getpid"), point_event(7, "mm_page_alloc", {{"pfn", 1_u}}),
          point_event(9, "mm_lru_insertion", {{"pfn", 1_u}}), syscall_exit(8, "getpid")});
  f.end();
  CHECK(f.only("E", "getpid")["ts"] == 0.01);
}

TEST_CASE("Hostile names neither break the file for Perfetto nor reach the screen") {
  Fixture f;
  const std::string evil = "\"}]\\\033[31m\n\xff\xe2\x80\xae</script>";
  Header header;
  header.kernel = header.machine = header.place = header.view = header.why = header.lab = evil;
  header.command = {evil};
  header.missing = {{evil, evil}};
  f.renderer->header(header);
  Event enter = syscall_enter(1, evil, {{evil, evil}});
  enter.unread = {evil};
  enter.symbol = evil;
  Event ret = syscall_exit(2, evil);
  ret.ret = ret.error = evil;
  ret.args = {{evil, evil}};
  f.show({enter, ret, step_event(3, 1, evil), executed(4, 7, "x", 7),
          point_event(5, evil, {{"drained_by", evil}}, stack_of({evil}))});
  f.end();
  for (const char c : f.out.text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  CHECK(f.out.text.find("\\u") == std::string::npos);
  CHECK(f.out.text.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("Each check of the file for Perfetto fails on a file that is wrong") {
  const auto problem = [](const std::string& events) {
    return check_trace_events("[" + events + "]");
  };
  const auto event = [](const std::string& phase, const std::string& name, int ts,
                        const std::string& more = "", const std::string& category = "syscall") {
    return R"({"ph":")" + phase + R"(","ts":)" + std::to_string(ts) +
           R"(,"pid":1,"tid":1,"cat":")" + category + R"(","name":")" + name + "\"" + more + "}";
  };
  CHECK(problem(event("B", "a", 1) + "," + event("E", "a", 2)) == "");
  CHECK(check_trace_events("{") == "no JSON array");
  CHECK(check_trace_events("{}") == "no JSON array");
  CHECK(problem(R"({"ph":"B"})").starts_with("no ts"));
  CHECK(problem(event("B", "a", 1)).starts_with("never ends"));
  CHECK(problem(event("E", "a", 1)).starts_with("ends what is not open"));
  CHECK(
      problem(event("B", "a", 1) + "," + event("E", "b", 2)).starts_with("ends what is not open"));
  CHECK(problem(event("B", "a", 2) + "," + event("E", "a", 1)).starts_with("time runs back"));
  CHECK(problem(event("Q", "a", 2)).starts_with("unknown phase"));
  CHECK(problem(event("i", "a", 2)).starts_with("no scope"));
  CHECK(problem(event("B", "a", 1, "", "x") + "," + event("E", "a", 1, "", "x"))
            .starts_with("unknown category"));
  CHECK(problem(event("B", "a", 1) + "," + event("B", "b", 1, "", "user") + "," +
                event("E", "b", 1, "", "user") + "," + event("E", "a", 2))
            .starts_with("nests upside down"));
  const std::string at =
      event("i", "a", 1, R"(,"s":"t")") + "," + event("i", "a", 3, R"(,"s":"t")") + ",";
  const std::string start = event("s", "x", 1, R"(,"id":5)"),
                    end = event("f", "x", 3, R"(,"id":5,"bp":"e")");
  CHECK(problem(at + start + "," + end) == "");
  CHECK(problem(at + start).starts_with("an arrow without an end"));
  CHECK(problem(at + end).starts_with("an arrow without a start"));
  CHECK(problem(at + start + "," + start + "," + end).starts_with("id twice"));
  CHECK(problem(at + event("s", "x", 1)).starts_with("no id"));
  CHECK(problem(at + start + "," + event("f", "x", 3, R"(,"id":5)"))
            .starts_with("binds to the next"));
  CHECK(problem(at + start + "," + event("f", "y", 3, R"(,"id":5,"bp":"e")"))
            .starts_with("an arrow of two names"));
  CHECK(problem(at + event("s", "x", 2, R"(,"id":5)") + "," + end)
            .starts_with("an arrow at nothing"));
  CHECK(problem(at + event("s", "x", 3, R"(,"id":5)") + "," +
                event("f", "x", 1, R"(,"id":5,"bp":"e")"))
            .starts_with("an arrow back in time"));
}
