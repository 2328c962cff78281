// SPDX-License-Identifier: BSD-2-Clause
//
// The command line of the shmpath in the VM, understood as that one will.
#include "tracer/command_vm.h"

#include "tests/catch.h"
#include "tracer/failure.h"

using namespace shmpath;
using Words = std::vector<std::string>;

namespace {

Options parse(Words words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(words.size()), argv.data());
}

Options in_the_vm(const Words& words) { return parse(words_in_vm(parse(words), "/bin/shmpath")); }

}  // namespace

TEST_CASE("The shmpath in the VM is asked for the same trace, on its own host") {
  const Options inner = in_the_vm({"shmpath",  "--labs", "/labs",       "trace",
                                   "--kernel", "6.1",    "--view",      "tracepoints",
                                   "--format", "jsonl",  "-o",          "trace.jsonl",
                                   "--color",  "always", "--no-follow", "--verify-stacks",
                                   "--buffer", "64MiB",  "--functions", "shmem_fault,do_mmap",
                                   "--attach", "kprobe", "--",          "ls",
                                   "-l",       "--",     "-o"});
  CHECK(inner.command == Command::trace);
  CHECK(inner.place == "host");
  CHECK(inner.kernel.empty());
  CHECK(inner.view == "tracepoints");
  CHECK(inner.format == "jsonl");
  CHECK(inner.output == "/run/shmpath-trace");
  CHECK(inner.colour == "always");
  CHECK(inner.no_follow);
  CHECK(inner.verify_stacks);
  CHECK(inner.buffer_bytes == 64U << 20);
  CHECK(inner.functions == Words{"shmem_fault", "do_mmap"});
  CHECK(inner.attach == "kprobe");
  CHECK(inner.labs == "/labs");
  CHECK(inner.words == Words{"ls", "-l", "--", "-o"});
}

TEST_CASE("A lab and its check are asked for in the VM by the same name") {
  const Options run = in_the_vm({"shmpath", "run", "posix-shm", "--place", "vm", "-o", "-"});
  CHECK(run.command == Command::run);
  CHECK(run.lab == "posix-shm");
  CHECK(run.output == "-");
  CHECK(run.colour == "never");  // no terminal here
  CHECK_FALSE(run.no_follow);
  const Options check = in_the_vm({"shmpath", "check", "all", "--place", "vm", "--lang", "zh"});
  CHECK(check.command == Command::check);
  CHECK(check.lab == "all");
  CHECK(check.chinese());
  CHECK(check.output.empty());
  CHECK(in_the_vm({"shmpath", "check", "01", "--place", "vm", "-o", "found.json"}).output ==
        "/run/shmpath-trace");
}

TEST_CASE("A recording and the tree's options are asked for in the VM too") {
  const Words run = {"shmpath",        "run",  "01",      "--place", "vm",        "--depth",  "3",
                     "--only",         "a,b*", "--width", "70",      "--explain", "--record", "x",
                     "--min-duration", "1.5us"};
  const Options inner = in_the_vm(run);
  CHECK(inner.record == "/run/shmpath-record");
  CHECK(inner.depth == 3U);
  CHECK(inner.only == Words{"a", "b*"});
  CHECK(inner.explain);
  CHECK(inner.min_ns == 1500);
  CHECK(inner.width == 70);
  CHECK(in_the_vm({"shmpath", "run", "01", "--place", "vm", "--record", "x.zst"}).record ==
        "/run/shmpath-record.zst");
  CHECK(in_the_vm({"shmpath", "run", "01", "--place", "vm", "--record", "-"}).record == "-");
}

TEST_CASE("A process of the host cannot be traced in the VM") {
  try {
    in_vm(parse({"shmpath", "trace", "--place", "vm", "-p", "1"}));
    FAIL("no failure");
  } catch (const Failure& failure) {
    CHECK(std::string(failure.what()) ==
          "cannot trace process 1 in the VM: it runs on the host; use --place host, or give a "
          "command");
  }
}
