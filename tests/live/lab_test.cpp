// SPDX-License-Identifier: BSD-2-Clause
//
// The labs under the tracer, on this machine's own kernel: the documented flow is there, in order
// and nested. What the VM's kernels show is asked in tests/vm.
#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "tests/live/support.h"

using namespace live;
using Names = std::vector<std::string>;

namespace {

// Innermost first, as in a stack.
const Names shmem_fault_path{"shmem_alloc_folio", "shmem_alloc_and_add_folio",
                             "shmem_get_folio_gfp", "shmem_fault"};

// With `-o -` the lab's own words and the trace share standard output: the trace's lines are the
// objects.
Trace run_lab(const std::string& lab) {
  const Outcome run =
      run_command({{shmpath(), "run", lab, "--place", "host", "--format", "jsonl", "-o", "-"}});
  CAPTURE(lab, run.status, run.err);
  CHECK(run.status == 0);
  std::string objects;
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("{")) objects += line + "\n";
  Trace trace = read_trace(objects);
  REQUIRE(trace.problems == Names{});
  CHECK(field(trace.summary(), "lost") == 0);
  CHECK(field(trace.summary(), "unmatched") == 0);
  return trace;
}

const Call& at(const Trace& trace, int index) {
  REQUIRE(index >= 0);
  return trace.calls[static_cast<std::size_t>(index)];
}

bool holds_flag(const Call& call, const std::string& flag) {
  const std::string flags = "|" + call.args.value("flags", "") + "|";
  return flags.find("|" + flag + "|") != std::string::npos;
}

// The first of the names (a libc may use either) at or after a call.
int find_either(const Trace& trace, const Names& names, int from) {
  int first = -1;
  for (const std::string& name : names) {
    const int found = find_call(trace, "syscall", name, from);
    if (found >= 0 && (first < 0 || found < first)) first = found;
  }
  return first;
}

// Between two calls of a thread there is a fault on shared memory that allocates.
void require_shmem_fault(const Trace& trace, const Call& from, const Call& to) {
  CHECK_FALSE(kernel_path_holding(trace, from.tid, from.last_line, to.first_line, shmem_fault_path)
                  .empty());
  if (field(trace.header(), "view") != "tracepoints") return;
  bool faulted = false;
  for (std::size_t i = from.last_line; i < to.first_line; ++i)
    faulted = faulted || trace.lines[i].value("name", "") == "page_fault_user";
  CHECK(faulted);
}

// The verdict of each claim in what `check` prints: "  C01  holds  text".
std::map<std::string, std::string> verdicts_in(const std::string& text) {
  static const std::regex shape(R"(^\s*(C\d\d)\s+(holds|differs|not checked here)(\s|$))");
  std::map<std::string, std::string> verdicts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (std::smatch match; std::regex_search(line, match, shape)) verdicts[match[1]] = match[2];
  return verdicts;
}

}  // namespace

TEST_CASE("lab 01 shows shm_open down to the page that the first store allocates") {
  NEEDS_ROOT();
  const Trace trace = run_lab("01");
  int opened = find_call(trace, "syscall", "openat");
  while (opened >= 0 &&
         !(at(trace, opened).parent >= 0 && at(trace, at(trace, opened).parent).name == "shm_open"))
    opened = find_call(trace, "syscall", "openat", opened + 1);
  const Call& openat = at(trace, opened);
  const Call& shm_open = at(trace, openat.parent);
  CHECK(shm_open.layer == "user");
  CHECK(openat.args.value("pathname", "").starts_with("/dev/shm/"));
  CHECK(holds_flag(openat, "O_NOFOLLOW"));
  CHECK(holds_flag(openat, "O_CLOEXEC"));
  CHECK(number_of(openat.ret) >= 0);
  CHECK(shm_open.ret == openat.ret);

  const int truncated = find_call(trace, "syscall", "ftruncate", opened);
  REQUIRE(truncated > opened);
  const int measured = find_either(trace, {"fstat", "newfstatat"}, truncated);
  REQUIRE(measured > truncated);
  const int mapped = find_call(trace, "syscall", "mmap", measured);
  REQUIRE(mapped > measured);
  CHECK(field(at(trace, mapped).args, "fd") == openat.ret);
  const int unmapped = find_call(trace, "syscall", "munmap", mapped);
  REQUIRE(unmapped > mapped);
  CHECK(number_of(field(at(trace, unmapped).args, "addr")) == number_of(at(trace, mapped).ret));
  const int unlinked = find_call(trace, "syscall", "unlink", unmapped);
  REQUIRE(unlinked > unmapped);
  CHECK(at(trace, at(trace, unlinked).parent).name == "shm_unlink");
  CHECK(field(at(trace, unlinked).args, "pathname") == field(openat.args, "pathname"));
  require_shmem_fault(trace, at(trace, mapped), at(trace, unmapped));
}

TEST_CASE("lab 02 shows ftok, shmget, shmat, the fault, shmdt and shmctl") {
  NEEDS_ROOT();
  const Trace trace = run_lab("02");
  const int keyed = find_call(trace, "user", "ftok");
  REQUIRE(keyed >= 0);
  CHECK(is_inside(trace, find_either(trace, {"newfstatat", "stat"}, keyed), keyed));
  const int made = find_call(trace, "syscall", "shmget", keyed);
  REQUIRE(made > keyed);
  CHECK(at(trace, at(trace, made).parent).name == "shmget");
  const int attached = find_call(trace, "syscall", "shmat", made);
  REQUIRE(attached > made);
  const int detached = find_call(trace, "syscall", "shmdt", attached);
  REQUIRE(detached > attached);
  CHECK(number_of(field(at(trace, detached).args, "shmaddr")) ==
        number_of(at(trace, attached).ret));
  CHECK(find_call(trace, "syscall", "shmctl", detached) > detached);
  require_shmem_fault(trace, at(trace, attached), at(trace, detached));
}

TEST_CASE("lab 03 shows the folio put on the LRU list when the batch is drained") {
  NEEDS_ROOT();
  const Trace trace = run_lab("03");
  bool inserted = false;
  for (const Json& line : trace.lines)
    if (line.value("name", "") == "mm_lru_insertion")
      for (const Json& function : line.value("stack", Json::array()))
        inserted = inserted || function == "lru_add" || function == "folio_batch_move_lru";
  CHECK(inserted);
}

TEST_CASE("the steps of a lab are numbered in the trace from 1") {
  NEEDS_ROOT();
  const std::string lab = GENERATE("01", "02", "03");
  const Trace trace = run_lab(lab);
  int next = 1;
  std::map<int, int> numbers;  // by process: a lab may have more than one
  for (const Json& line : trace.lines)
    if (field(line, "type") == "step") {
      CHECK(field(line, "number") == ++numbers[field(line, "pid").get<int>()]);
      CHECK_FALSE(line.value("text", "").empty());
      ++next;
    }
  CHECK(next > 3);
}

TEST_CASE("check prints a measured verdict for every claim of labs 01 to 03") {
  NEEDS_ROOT();
  const std::map<std::string, Names> claims{{"01", {"C01", "C02", "C04", "C05", "C54"}},
                                            {"02", {"C09", "C11", "C12", "C47", "C53"}},
                                            {"03", {"C06", "C07", "C08", "C13", "C16", "C19"}}};
  for (const auto& [lab, ids] : claims) {
    const Outcome run = run_command({{shmpath(), "check", lab, "--place", "host"}});
    CAPTURE(lab, run.out, run.err);
    CHECK(run.status == 0);
    const auto verdicts = verdicts_in(run.out);
    for (const std::string& id : ids) {
      CAPTURE(id);
      REQUIRE(verdicts.contains(id));
      CHECK(verdicts.at(id) != "not checked here");
    }
    CHECK(run.out.find("observed") != std::string::npos);
  }
}

TEST_CASE("check of lab 09 says which claims this machine has no drivers for, and is content") {
  NEEDS_ROOT();
  NEEDS(!std::filesystem::exists("/dev/video0") || !std::filesystem::exists("/dev/dri/renderD128"),
        "needs a machine without video and graphics devices");
  const Outcome run = run_command({{shmpath(), "check", "09", "--place", "host"}});
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
  const std::map<std::string, std::string> expected{
      {"C56", "not checked here"}, {"C57", "not checked here"}, {"C58", "differs"}};
  CHECK(verdicts_in(run.out) == expected);
}

TEST_CASE("check all ends with the ledger, and its JSON has the same verdicts") {
  NEEDS_ROOT();
  const TempFolder folder;
  const std::string file = (folder / "found.json").string();
  Command command{
      {shmpath(), "check", "all", "--place", "host", "--view", "tracepoints", "-o", file}};
  command.timeout = std::chrono::seconds(600);
  const Outcome run = run_command(command);
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
  const std::size_t ledger = run.out.find("\nclaims ledger\n");
  REQUIRE(ledger != std::string::npos);
  const std::string end = run.out.substr(ledger);
  CHECK(run.out.find("\nclaims\n") == std::string::npos);  // each claim once
  CHECK(end.find(" 0 unexpected") != std::string::npos);

  static const std::regex row(
      R"(\n  (C\d\d)  (holds|differs|not checked here|no lab here checks it))");
  std::vector<std::string> ids;
  std::map<std::string, std::string> verdicts;
  for (std::sregex_iterator it(end.begin(), end.end(), row), none; it != none; ++it) {
    ids.push_back((*it)[1]);
    if ((*it)[2] != "no lab here checks it") verdicts[(*it)[1]] = (*it)[2];
  }
  CHECK(ids.size() == 59);
  CHECK(ids.front() == "C01");
  CHECK(ids.back() == "C59");
  CHECK(std::is_sorted(ids.begin(), ids.end()));

  const Json found = Json::parse(read_file(file));
  CHECK(found["format"] == "shmpath.check/1");
  std::map<std::string, std::string> in_json;
  for (const Json& lab : found["labs"])
    for (const Json& claim : lab["claims"]) in_json[claim["id"]] = claim["verdict"];
  CHECK(in_json == verdicts);
}

TEST_CASE("check writes nothing but its JSON to standard output when asked to") {
  NEEDS_ROOT();
  const Outcome run = run_command(
      {{shmpath(), "check", "01", "--place", "host", "--view", "tracepoints", "-o", "-"}});
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
  CHECK(Json::parse(run.out)["labs"][0]["lab"] == "01-posix-shm");
}

TEST_CASE("a lab may be named by number, by name or by both") {
  NEEDS_ROOT();
  const std::string name = GENERATE("01", "posix-shm", "01-posix-shm");
  CHECK(run_command({{shmpath(), "run", name, "--place", "host"}}).status == 0);
}

TEST_CASE("list names the labs and needs no privilege") {
  const Outcome run = run_command({{shmpath(), "list"}});
  CHECK(run.status == 0);
  for (const char* lab : {"01-posix-shm", "02-sysv-shm", "03-first-touch", "09-dma-buf"})
    CHECK(run.out.find(lab) != std::string::npos);
}

TEST_CASE("twenty runs in a row leave shared memory as they found it") {
  NEEDS_ROOT();
  const auto before = shared_objects();
  for (int i = 0; i < 20; ++i)
    for (const char* lab : {"01", "02", "03", "09"})
      CHECK(run_command({{shmpath(), "run", lab, "--place", "host", "-o", "/dev/null"}}).status ==
            0);
  CHECK(shared_objects() == before);
}

// What the lab itself prints as it goes: "step 3: give it a size".
TEST_CASE("an ordinary user sees the steps of a lab in order, with the system calls of each") {
  NEEDS_ORDINARY_USER();
  const std::string lab = GENERATE("01", "02");
  const Outcome run = run_command({as_ordinary_user(
      {shmpath(), "run", lab, "--view", "syscalls", "--format", "jsonl", "-o", "-"})});
  CAPTURE(lab, run.err);
  CHECK(run.status == 0);
  Names printed, traced, counted;
  std::string objects;
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("step ")) printed.push_back(line);
    if (line.starts_with("{")) objects += line + "\n";
  }
  const Trace trace = read_trace(objects);
  REQUIRE(trace.problems == Names{});
  CHECK(field(trace.summary(), "complete") == true);
  for (const Json& line : trace.lines) {
    if (field(line, "type") == "step")
      traced.push_back("step " + field(line, "number").dump() + ": " + line.value("text", ""));
    if (field(line, "name") == "page_faults") counted.push_back(line.dump());
  }
  CHECK(printed.size() > 10);
  CHECK(traced == printed);
  CHECK(counted.size() > printed.size());  // one before each step, and one at the end of a process
}

TEST_CASE("in the syscalls view, check judges what system calls and the lab itself can show") {
  NEEDS_ORDINARY_USER();
  const Outcome run =
      run_command({as_ordinary_user({shmpath(), "check", "01", "--view", "syscalls"})});
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
  const auto verdicts = verdicts_in(run.out);
  REQUIRE(verdicts.size() == 5);
  CHECK(verdicts.at("C01") == "holds");
  CHECK(verdicts.at("C02") == "holds");
  CHECK(verdicts.at("C04") == "not checked here");
  CHECK(run.out.find("the syscalls view does not show shm_open") != std::string::npos);
  const std::regex openat(R"(syscall +openat +observed)");
  const std::regex unseen(R"(kernel +shmem_fault +mm/shmem.c +not observed in this view)");
  CHECK(std::regex_search(run.out, openat));
  CHECK(std::regex_search(run.out, unseen));
}
