// SPDX-License-Identifier: BSD-2-Clause
//
// Command lines, good and bad.
#include "tracer/options.h"

#include "tests/catch.h"
#include "tracer/failure.h"
#include "tracer/version.h"

using namespace shmpath;
using Words = std::vector<std::string>;

namespace {

Options parse(Words words) {
  words.insert(words.begin(), "shmpath");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(words.size()), argv.data());
}

std::string failure_of(const Words& words) {
  try {
    parse(words);
  } catch (const Failure& failure) {
    CHECK(failure.status() == exit_failure);
    return failure.what();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("Each command is known, with sensible settings where none are given") {
  CHECK(parse({"list"}).command == Command::list);
  Options options = parse({"run", "01"});
  CHECK(options.command == Command::run);
  CHECK(options.lab == "01");
  CHECK(options.place == "auto");
  CHECK(options.view == "auto");
  CHECK(options.format == "tree");
  CHECK(options.output.empty());
  CHECK(options.colour == "auto");
  CHECK_FALSE(options.no_follow);
  CHECK(options.buffer_bytes == 1U << 25);
  CHECK_FALSE(options.verify_stacks);
  CHECK_FALSE(options.chinese());
  options = parse({"check", "all", "--lang", "zh"});
  CHECK(options.command == Command::check);
  CHECK(options.lab == "all");
  CHECK(options.chinese());
}

TEST_CASE("What follows -- is the program, whatever it looks like") {
  Options options = parse({"trace", "--", "ls", "-l", "--format", "x", "--", "-p"});
  CHECK(options.command == Command::trace);
  CHECK(options.words == Words{"ls", "-l", "--format", "x", "--", "-p"});
  CHECK(options.format == "tree");
  CHECK(parse({"trace", "--", "-odd"}).words == Words{"-odd"});
  CHECK(parse({"trace", "--", "--help"}).words == Words{"--help"});
  CHECK(parse({"trace", "--"}).words.empty());
}

TEST_CASE("The program may stand without --") {
  const Options options = parse({"trace", "--format", "jsonl", "ls", "-l", "-o", "x"});
  CHECK(options.words == Words{"ls", "-l", "-o", "x"});
  CHECK(options.format == "jsonl");
  CHECK(options.output.empty());
}

TEST_CASE("Options of a trace are taken") {
  const Options options =
      parse({"trace", "--place", "host", "--view", "tracepoints", "--format", "jsonl", "-o", "-",
             "--color", "never", "--no-follow", "--verify-stacks", "--", "true"});
  CHECK(options.place == "host");
  CHECK(options.view == "tracepoints");
  CHECK(options.format == "jsonl");
  CHECK(options.output == "-");
  CHECK(options.colour == "never");
  CHECK(options.no_follow);
  CHECK(options.verify_stacks);
  CHECK(options.words == Words{"true"});
  CHECK(parse({"trace", "-p", "123"}).pid == 123);
  CHECK(parse({"--labs", "/labs", "run", "01"}).labs == "/labs");
  CHECK(parse({"run", "01", "--labs", "/labs"}).labs == "/labs");
}

TEST_CASE("A buffer's size is a power of two, in bytes or larger units") {
  CHECK(parse({"run", "01", "--buffer", "4096"}).buffer_bytes == 4096);
  CHECK(parse({"run", "01", "--buffer", "64MiB"}).buffer_bytes == 64U << 20);
  CHECK(parse({"check", "01", "--buffer", "1GiB"}).buffer_bytes == 1U << 30);
  for (const char* size : {"0", "2048", "5000", "2GiB", "12345678"})
    CHECK(failure_of({"run", "01", "--buffer", size})
              .find(": not a power of two from 4 KiB to 1 GiB; try --buffer 64MiB") !=
          std::string::npos);
  CHECK(failure_of({"run", "01", "--buffer", "3"}) ==
        "--buffer 3: not a power of two from 4 KiB to 1 GiB; try --buffer 64MiB");
}

TEST_CASE("Each format is taken, and a page needs a file") {
  CHECK(failure_of({"run", "01", "--format", "html"}) ==
        "--format html: a page is nothing to read on standard error; give it a file: -o FILE.html");
  CHECK(parse({"run", "01", "--format", "html", "-o", "x.html"}).format == "html");
  CHECK(parse({"replay", "x.jsonl", "--format", "html"}).format == "html");
  for (const char* format : {"tree", "strace", "jsonl", "perfetto"})
    CHECK(parse({"trace", "--format", format, "--", "true"}).format == format);
}

TEST_CASE("A line that is not understood names the command, the reason and the remedy") {
  const Words lines[] = {{"run"},
                         {"check"},
                         {"run", "01", "02"},
                         {"run", "01", "--bogus"},
                         {"list", "extra"},
                         {"run", "01", "--view", "all"},
                         {"run", "01", "--format", "xml"},
                         {"run", "01", "--color", "maybe"},
                         {"run", "01", "--place"},
                         {"run", "01", "--buffer", "many"},
                         {"check", "01", "--lang", "fr"},
                         {"check", "01", "--format", "jsonl"},
                         {"run", "01", "--attach", "uprobe"},
                         {"vm"},
                         {"vm", "bogus"},
                         {"vm", "list", "extra"},
                         {"vm", "run", "--memory", "1", "--", "true"},
                         {"vm", "run", "--timeout", "-1", "--", "true"},
                         {"vm", "shell", "--timeout", "1"},
                         {"trace", "-p", "abc"},
                         {"trace", "-p"}};
  for (const Words& line : lines) {
    const std::string said = failure_of(line);
    CAPTURE(said);
    CHECK(said.find("cannot understand `shmpath " + line[0] + "`: ") == 0);
    CHECK(said.ends_with("; see shmpath --help"));
    CHECK(said.find(": ;") == std::string::npos);  // there is a reason
  }
  for (const Words& line : {Words{}, Words{"--bogus"}})
    CHECK(failure_of(line).find("cannot understand the command line: ") == 0);
}

TEST_CASE("An unknown command is named, and those there are") {
  CHECK(failure_of({"bogus"}) ==
        "unknown command bogus: the commands are list, run, trace, check, replay, explain, doctor, "
        "exercise, grade and vm; see shmpath --help");
}

TEST_CASE("The words of exercise, and their options") {
  const Options check =
      parse({"exercise", "check", "01", "--view", "syscalls", "--json", "--exercises", "/e"});
  CHECK(check.command == Command::exercise);
  CHECK(check.exercise.word == ExerciseWord::check);
  CHECK(check.exercise.which == "01");
  CHECK(check.exercise.view == "syscalls");
  CHECK(check.exercise.kits == "/e");
  CHECK(check.json);
  CHECK(check.place == "auto");  // its place is not where shmpath itself goes
  CHECK(parse({"exercise", "watch", "--kernel", "6.1"}).exercise.place == "vm");
  CHECK(parse({"exercise", "start", "1", "there"}).exercise.folder == "there");
  CHECK(parse({"exercise", "hint", "--level", "2"}).exercise.level == 2U);
  CHECK(parse({"exercise", "hint", "--all", "--lang", "zh"}).chinese());
  CHECK(parse({"exercise", "reset", "--yes"}).exercise.yes);
  CHECK(parse({"exercise", "list"}).exercise.word == ExerciseWord::list);
  CHECK(failure_of({"exercise"}).find("cannot understand `shmpath exercise`: ") == 0);
  CHECK(failure_of({"exercise", "start"}) != "no failure");
  CHECK(failure_of({"exercise", "hint", "--all", "--level", "2"}) != "no failure");
  CHECK(failure_of({"exercise", "hint", "--level", "0"}) != "no failure");
  CHECK(failure_of({"exercise", "check", "--kernel", "6.1", "--place", "host"}) ==
        "--kernel 6.1: the host has the kernel that it has; leave out --place host");
}

TEST_CASE("A trace is recorded beside what is shown, and shown again") {
  const Options run = parse({"run", "01", "--record", "a.jsonl.zst", "--format", "jsonl"});
  CHECK(run.record == "a.jsonl.zst");
  const Options replay = parse({"replay", "a.jsonl.zst", "--color", "always", "--record", "b"});
  CHECK(replay.command == Command::replay);
  CHECK(replay.file == "a.jsonl.zst");
  CHECK(replay.colour == "always");
  CHECK(replay.record == "b");
  CHECK(parse({"replay", "-"}).file == "-");
  CHECK(failure_of({"replay"}).starts_with("cannot understand `shmpath replay`: FILE is required"));
  CHECK(failure_of({"replay", "a", "--place", "vm"})
            .starts_with("cannot understand `shmpath replay`: "));
}

TEST_CASE("The tree's options are the tree's") {
  const Options run = parse(
      {"run", "01", "--depth", "2", "--min-duration", "10us", "--only", "shm_*,mmap", "--explain"});
  CHECK(run.depth == 2U);
  CHECK(run.min_ns == 10'000);
  CHECK(run.only == Words{"shm_*", "mmap"});
  CHECK(run.explain);
  for (const auto& [text, ns] : std::vector<std::pair<std::string, std::uint64_t>>{
           {"1ns", 1}, {"0.5us", 500}, {"2ms", 2'000'000}, {"1.5s", 1'500'000'000}})
    CHECK(parse({"replay", "a", "--min-duration", text}).min_ns == ns);
  for (const std::string text : {"10", "us", "-1us", "0us", "1 us", "1h", "nanus", "1e30s"})
    CHECK(failure_of({"replay", "a", "--min-duration=" + text}).find("is no time such as") !=
          std::string::npos);
  CHECK(failure_of({"run", "01", "--depth", "0"}).find("--depth") != std::string::npos);
  CHECK(failure_of({"run", "01", "--depth", "2", "--format", "jsonl"}) ==
        "--depth: it is for the tree, not for jsonl; leave it out, or --format");
  CHECK(failure_of({"run", "01", "--explain", "--step"}) ==
        "--explain: --step shows each step whole; leave out one of them");
}

TEST_CASE("An unknown option of trace is not taken for the program") {
  CHECK(failure_of({"trace", "--bogus", "ls"}) ==
        "cannot understand `--bogus`: no such option of shmpath trace; see shmpath trace --help");
  CHECK(failure_of({"trace", "-x", "--", "ls"}) ==
        "cannot understand `-x`: no such option of shmpath trace; see shmpath trace --help");
}

TEST_CASE("A -- of the program's own stays with it") {
  CHECK(parse({"trace", "git", "checkout", "--", "x"}).words ==
        Words{"git", "checkout", "--", "x"});
}

TEST_CASE("Asking for the version or for help is no failure") {
  for (const Words& line : {Words{"--version"}, Words{"--help"}, Words{"trace", "--help"}}) {
    const Options options = parse(line);
    CHECK(options.command == Command::none);
    CHECK(options.status == 0);
  }
}

TEST_CASE("A kernel means the VM") {
  CHECK(parse({"run", "01", "--kernel", "6.1"}).place == "vm");
  CHECK(parse({"run", "01", "--kernel", "6.1"}).kernel == "6.1");
  CHECK(parse({"check", "01", "--place", "auto", "--kernel", "newest"}).place == "vm");
  CHECK(parse({"trace", "--place", "vm", "--", "true"}).place == "vm");
  CHECK(parse({"trace", "--place", "vm", "--", "true"}).kernel.empty());
  CHECK(failure_of({"trace", "--place", "host", "--kernel", "6.1", "--", "true"}) ==
        "--kernel 6.1: the host has the kernel that it has; leave out --place host");
}

TEST_CASE("Kernel functions to probe, and how, are taken") {
  const Options options = parse({"trace", "--view", "functions", "--functions",
                                 "shmem_fault,do_mmap", "--attach", "kprobe-multi", "--", "true"});
  CHECK(options.view == "functions");
  CHECK(options.functions == Words{"shmem_fault", "do_mmap"});
  CHECK(options.attach == "kprobe-multi");
  CHECK(options.words == Words{"true"});
  CHECK(parse({"trace", "--functions", "do_mmap", "ls", "-l"}).words == Words{"ls", "-l"});
  CHECK(parse({"run", "01"}).functions.empty());
  CHECK(parse({"run", "01"}).attach == "auto");
}

TEST_CASE("A name to explain is taken, or none to list them") {
  Options options = parse({"explain", "shm_open", "--lang", "zh"});
  CHECK(options.command == Command::explain);
  CHECK(options.name == "shm_open");
  CHECK(options.chinese());
  for (const Words& line : {Words{"explain"}, Words{"explain", "--list"}}) {
    options = parse(line);
    CHECK(options.command == Command::explain);
    CHECK(options.name.empty());
  }
  CHECK(failure_of({"explain", "mmap", "--list"}).find("cannot understand `shmpath explain`") == 0);
  CHECK(failure_of({"explain", "mmap", "munmap"}).find("cannot understand `shmpath explain`") == 0);
}

TEST_CASE("Where check writes its JSON is taken") {
  CHECK(parse({"check", "01", "-o", "found.json"}).output == "found.json");
  CHECK(parse({"check", "all"}).output.empty());
}

TEST_CASE("The commands of the VM are known") {
  Options options = parse({"vm", "run", "--kernel", "5.10", "--timeout", "7", "--memory", "2048",
                           "--", "sh", "-c", "exit 3", "--", "--kernel"});
  CHECK(options.command == Command::vm_run);
  CHECK(options.kernel == "5.10");
  CHECK(options.timeout_s == 7);
  CHECK(options.memory_mib == 2048);
  CHECK(options.words == Words{"sh", "-c", "exit 3", "--", "--kernel"});
  CHECK(options.place == "auto");
  options = parse({"vm", "run", "uname", "-r"});
  CHECK(options.words == Words{"uname", "-r"});
  CHECK(options.timeout_s == 600);
  CHECK(options.memory_mib == 1024);
  options = parse({"vm", "shell", "--kernel", "6.1"});
  CHECK(options.command == Command::vm_shell);
  CHECK(options.kernel == "6.1");
  CHECK(parse({"vm", "list"}).command == Command::vm_list);
  CHECK(parse({"vm", "fetch"}).command == Command::vm_fetch);
  CHECK(parse({"vm", "fetch", "6.1", "newest"}).words == Words{"6.1", "newest"});
  CHECK(failure_of({"vm", "run", "--bogus", "--", "true"}) ==
        "cannot understand `--bogus`: no such option of shmpath vm run; see shmpath vm run --help");
}

TEST_CASE("A lab is run in steps when asked, as a tree only") {
  CHECK_FALSE(parse({"run", "01"}).step);
  CHECK(parse({"run", "01", "--step"}).step);
  CHECK(failure_of({"run", "01", "--step", "--format", "jsonl"}) ==
        "--step: it shows each step as a tree, not as jsonl; leave out --format, or --step");
  CHECK(failure_of({"check", "01", "--step"}).find("--step") != std::string::npos);
}

TEST_CASE("doctor takes --json and nothing else") {
  CHECK(parse({"doctor"}).command == Command::doctor);
  CHECK_FALSE(parse({"doctor"}).json);
  CHECK(parse({"doctor", "--json"}).json);
  CHECK(parse({"--labs", "there", "doctor"}).labs == "there");
  CHECK(failure_of({"doctor", "--view", "functions"}).find("shmpath doctor") != std::string::npos);
}

TEST_CASE("The version is told first, then those of libbpf, of the formats and of the kernel") {
  const std::string text = version_text();
  CHECK(text.starts_with("shmpath "));
  CHECK(text.find("\nlibbpf   1.") != std::string::npos);
  CHECK(text.find("\nformats  shmpath.trace/1, shmpath.check/1, shmpath.doctor/1\n") !=
        std::string::npos);
  CHECK(text.find("\nkernel   Linux ") != std::string::npos);
}

TEST_CASE("What grade is asked for is taken") {
  const Options options = parse({"grade", "class", "--jobs", "3", "--shard", "2/4", "--report",
                                 "csv", "-o", "x.csv", "--results", "kept", "--exercises", "ours",
                                 "--only", "03,07", "--again", "--kernel", "6.1"});
  CHECK(options.command == Command::grade);
  const GradeOptions& grade = options.grade;
  CHECK(grade.folder == "class");
  CHECK(grade.jobs == 3);
  CHECK(grade.shard == 2);
  CHECK(grade.shards == 4);
  CHECK(grade.report == "csv");
  CHECK(options.output == "x.csv");
  CHECK(grade.results == "kept");
  CHECK(grade.exercises == "ours");
  CHECK(grade.only == Words{"03", "07"});
  CHECK(grade.again);
  CHECK_FALSE(grade.merge);
  CHECK(options.kernel == "6.1");
  CHECK(parse({"grade", "class", "--merge"}).grade.merge);
  CHECK(parse({"grade", "class", "--merge"}).grade.merged.empty());
  CHECK(parse({"grade", "class", "--merge", "a", "b"}).grade.merged == Words{"a", "b"});
}

TEST_CASE("What grade cannot do is refused with the reason") {
  for (const char* shard : {"0/4", "5/4", "1", "1/", "/4", "-1/4", "1/4x", "1/99999999999", "a/b"})
    CHECK_THAT(failure_of({"grade", "class", "--shard", shard}),
               Catch::Contains("from 1/N to N/N"));
  CHECK_THAT(failure_of({"grade", "class", "--place", "host"}), Catch::Contains("exercise check"));
  CHECK_THAT(failure_of({"grade", "class", "-o", "x"}), Catch::Contains("no report"));
  CHECK_THAT(failure_of({"grade", "class", "--merge", "--again"}),
             Catch::Contains("grades nothing"));
  CHECK_THAT(failure_of({"grade"}), Catch::Contains("DIR"));
  CHECK_THAT(failure_of({"grade", "class", "--jobs", "0"}), Catch::Contains("--jobs"));
  CHECK_THAT(failure_of({"grade", "class", "--report", "pdf"}), Catch::Contains("pdf"));
}
