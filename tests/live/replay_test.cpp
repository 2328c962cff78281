// SPDX-License-Identifier: BSD-2-Clause
//
// A recording, and what replay shows of it. A run that is recorded shows what replay shows later.
#include <filesystem>
#include <fstream>

#include "tests/live/support.h"
#include "tests/live/terminal.h"

using namespace live;
using Words = std::vector<std::string>;

namespace {

// Every format that `--format` has.
const Words formats = {"tree", "strace", "perfetto", "html", "jsonl"};

Outcome shmpath_with(Words words) {
  words.insert(words.begin(), shmpath());
  return run_command({.argv = std::move(words)});
}

// Runs shmpath with WORDS up to the options, and what follows them; what was shown is what is
// replayed, byte for byte.
// Returns what was shown last.
std::string check_live_is_replayed(const Words& words, const Words& options, const Words& rest) {
  const TempFolder folder;
  std::string shown;
  for (const std::string& format : formats) {
    CAPTURE(format);
    const std::string live = folder / "live", again = folder / "again",
                      recording = folder / ("trace-" + format + ".jsonl.zst");
    Words all = words;
    all.insert(all.end(), {"--format", format, "-o", live, "--record", recording});
    if (format == "tree") all.insert(all.end(), options.begin(), options.end());
    all.insert(all.end(), rest.begin(), rest.end());
    const Outcome run = shmpath_with(all);
    INFO(run.err);
    REQUIRE(run.status == 0);
    Words replay = {"replay", recording, "--format", format, "-o", again};
    if (format == "tree") replay.insert(replay.end(), options.begin(), options.end());
    const Outcome replayed = shmpath_with(replay);
    CHECK(replayed.err.empty());
    CHECK(replayed.status == 0);
    shown = read_file(live);
    CHECK(shown.size() > 500);
    CHECK(shown == read_file(again));
  }
  return shown;
}

std::string record_a_shell(const TempFolder& folder, const std::string& name) {
  const std::string file = folder / name;
  const Outcome run =
      shmpath_with({"trace", "-o", "/dev/null", "--record", file, "--", "sh", "-c", "ls / | cat"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  return file;
}

}  // namespace

TEST_CASE("A lab's recording is replayed as it was shown live") {
  NEEDS_ROOT();
  check_live_is_replayed({"run", "01", "--place", "host", "--view", "tracepoints"}, {}, {});
}

TEST_CASE("A shell's recording is replayed as it was shown live, with its pauses") {
  NEEDS_ROOT();
  const std::string lines = check_live_is_replayed(
      {"trace"}, {}, {"--", "sh", "-c", "ls / >/dev/null & wait; sleep 0.5; true"});
  CHECK(lines.find(",\"idle\":true}") != std::string::npos);
}

TEST_CASE("Filters leave out live what they leave out of the recording") {
  NEEDS_ROOT();
  check_live_is_replayed({"trace"},
                         {"--depth", "2", "--min-duration", "5us", "--only", "open*,read,wait4"},
                         {"--", "sh", "-c", "ls / >/dev/null & wait; sleep 0.5; true"});
}

TEST_CASE("A trace without root is recorded and replayed too") {
  NEEDS_PROGRAM("true");
  check_live_is_replayed({"trace", "--view", "syscalls"}, {}, {"--", "sh", "-c", "true"});
}

TEST_CASE("A recording replayed as a trace file is itself, packed or not") {
  NEEDS_ROOT();
  const TempFolder folder;
  const std::string plain = record_a_shell(folder, "a.jsonl"), packed = folder / "a.jsonl.zst";
  CHECK(shmpath_with({"replay", plain, "-o", "/dev/null", "--record", packed}).status == 0);
  CHECK(std::filesystem::file_size(packed) < std::filesystem::file_size(plain) / 4);
  const Outcome unpacked = shmpath_with({"replay", packed, "--format", "jsonl"});
  CHECK(unpacked.status == 0);
  CHECK(unpacked.out == read_file(plain));
  const Outcome piped = run_command(
      {.argv = {shmpath(), "replay", "-", "--format", "jsonl"}, .input = read_file(packed)});
  CHECK(piped.out == unpacked.out);
}

TEST_CASE("Traces of every view are as the schema has them, and wrong lines are not") {
  NEEDS_ROOT();
  NEEDS(run_command({.argv = {python, "-c", "import jsonschema"}}).status == 0,
        "needs python3-jsonschema");
  const TempFolder folder;
  Words check = {python, source_folder() / "tools/check-trace.py"};
  for (const std::string view : {"tracepoints", "syscalls"}) {
    check.push_back(folder / (view + ".jsonl"));
    REQUIRE(shmpath_with({"run", "01", "--place", "host", "--view", view, "--format", "jsonl", "-o",
                          check.back()})
                .status == 0);
  }
  const Outcome good = run_command({.argv = check});
  INFO(good.out << good.err);
  CHECK(good.status == 0);
  const std::string file = check.back();
  std::ofstream(file, std::ios::app) << "{\"type\":\"lost\",\"t\":1}\n";
  const Outcome bad = run_command({.argv = check});
  CHECK(bad.status == 1);
  CHECK(bad.err.find("'count' is a required property") != std::string::npos);
}

TEST_CASE("Of a recording that is cut off, what is there is shown, and it is said") {
  NEEDS_ROOT();
  const TempFolder folder;
  const std::string plain = record_a_shell(folder, "a.jsonl"), cut = folder / "cut.jsonl";
  const std::string text = read_file(plain);
  const std::size_t line = text.rfind('\n', text.size() / 2) + 1;
  std::ofstream(cut) << text.substr(0, line + 9);  // in the midst of a line, about half-way
  const Outcome tree = shmpath_with({"replay", cut});
  CHECK(tree.status == 125);
  CHECK(tree.out.find("execve(") != std::string::npos);
  INFO(tree.out);
  CHECK(tree.out.find("cut off in this line: no summary") != std::string::npos);
  CHECK(tree.err.starts_with("shmpath: cannot read " + cut + ":"));
  // as a trace file it stays without a summary
  const Outcome lines = shmpath_with({"replay", cut, "--format", "jsonl"});
  CHECK(lines.status == 125);
  CHECK(text.starts_with(lines.out));
  CHECK(lines.out.size() > text.size() / 3);
}

TEST_CASE("On a terminal no line of the tree is wider than it is") {
  NEEDS_PROGRAM("tmux");
  const TempFolder folder;
  const std::string file = folder / "a.jsonl";
  std::ofstream(file) << "{\"type\":\"header\",\"format\":\"shmpath.trace/1\"}\n"
                         R"({"type":"enter","t":1,"pid":7,"tid":7,"layer":"syscall","name":"open",)"
                         R"("args":{"pathname":"/dev/shm/共享内存共享内存共享内存共享内存"}})"
                         "\n"
                         R"({"type":"exit","t":9,"pid":7,"tid":7,"layer":"syscall","name":"open",)"
                         R"("ret":3,"ns":8})"
                         "\n"
                         "{\"type\":\"summary\",\"events\":2}\n";
  const std::string command = shmpath() + " replay --color never " + file;
  const Terminal narrow(40, 20, command);
  REQUIRE(narrow.wait_for("complete: 2 events"));
  CHECK(narrow.window().find("  open(\"/dev/shm/共享内存共享内...  8 ns\n") != std::string::npos);
  const Terminal wide(80, 20, command);
  REQUIRE(wide.wait_for("complete: 2 events"));
  CHECK(wide.window().find("共享内存\") = 3  8 ns\n") != std::string::npos);
}

TEST_CASE("What cannot be recorded or replayed is said before anything is emptied") {
  const TempFolder folder;
  const std::string file = folder / "a.jsonl";
  std::ofstream(file) << "{\"type\":\"header\",\"format\":\"shmpath.trace/1\"}\n"
                         "{\"type\":\"summary\",\"events\":0}\n";
  const std::string before = read_file(file);
  for (const Words& words :
       {Words{"replay", file, "-o", file}, Words{"replay", file, "--record", file}}) {
    const Outcome refused = shmpath_with(words);
    CHECK(refused.status == 125);
    CHECK(refused.err == "shmpath: cannot write to " + file +
                             ": it is the recording that is read; give another file\n");
  }
  CHECK(read_file(file) == before);
  const Outcome same = shmpath_with({"replay", file, "-o", "x", "--record", "x"});
  CHECK(same.err == "shmpath: --record x: -o writes there too; give two files\n");
  const std::string one = folder / "new", other = folder / "./new";
  const Outcome new_one = shmpath_with({"replay", file, "-o", one, "--record", other});
  CHECK(new_one.err == "shmpath: --record " + other + ": -o writes there too; give two files\n");
  const Outcome piped = run_command(
      {.argv = {shmpath(), "replay", "-", "--format", "jsonl", "-o", "-"}, .input = before});
  CHECK(piped.status == 0);
  CHECK(piped.out.find("\"type\":\"summary\"") != std::string::npos);
  const Outcome none = shmpath_with({"replay", folder / "none"});
  CHECK(none.status == 125);
  CHECK(none.err.find("No such file or directory; give a trace file") != std::string::npos);
  const Outcome full = shmpath_with({"replay", file, "-o", "/dev/null", "--record", "/dev/full"});
  CHECK(full.status == 125);
  CHECK(full.err ==
        "shmpath: cannot write the trace to /dev/full: No space left on device; free some space or "
        "give another --record FILE\n");
}
