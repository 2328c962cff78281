// SPDX-License-Identifier: BSD-2-Clause
//
// What explain reads beside the flows: a slip in it is an error, not a gap.
#include "tracer/reference.h"
#include "tests/paths.h"

#include <algorithm>
#include <set>

#include "tests/catch.h"
#include "tracer/failure.h"

using namespace shmpath;

namespace {

const std::string texts = "en = \"E\"\nzh = \"中\"\n";

std::string call(const std::string& fields) { return "[[call]]\n" + fields + texts; }

template <typename Parse>
std::string failure_of(Parse parse) {
  try {
    parse();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

std::string bad_calls(const std::string& text) {
  return failure_of([&] { parse_calls(text, "calls.toml"); });
}

std::string bad_table(const std::string& text) {
  return failure_of([&] { parse_kernel_table(text, "k.md"); });
}

const std::string head = "| function | 5.10 | newest |\n|---|---|---|\n";

}  // namespace

TEST_CASE("A call has its layers, its source and its page") {
  const auto calls =
      parse_calls(call("name = \"mmap\"\nlayer = [\"user\", \"syscall\"]\nsource = \"mm/mmap.c\"\n"
                       "man = \"mmap(2)\"\n"),
                  "calls.toml");
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].has_layer("user"));
  CHECK(calls[0].has_layer("syscall"));
  CHECK_FALSE(calls[0].has_layer("point"));
  CHECK(calls[0].source == "mm/mmap.c");
  CHECK(calls[0].man == "mmap(2)");
  CHECK(calls[0].text.zh == "中");
}

TEST_CASE("A slip in the list of calls is reported with file and line") {
  const std::string user = "layer = \"user\"\nman = \"a(3)\"\n";
  CHECK(bad_calls(call("name = \"a\"\nlayer = \"libc\"\nman = \"a(3)\"\n")) ==
        "cannot read calls.toml:1: a call has a layer that is none of `user`, `syscall` and "
        "`point`; see docs/adding-a-lab.md for the format");
  CHECK(bad_calls(call("name = \"a\"\n" + user + "sourc = \"x\"\n"))
            .find("has an unknown field `sourc`") != std::string::npos);
  CHECK(bad_calls(call(user)).find("lacks `name`") != std::string::npos);
  CHECK(bad_calls(call("name = \"a\"\nlayer = \"user\"\n")).find("needs its page in `man`") !=
        std::string::npos);
  CHECK(bad_calls(call("name = \"a\"\nlayer = \"syscall\"\nman = \"a(2)\"\n"))
            .find("needs a `source`") != std::string::npos);
  CHECK(bad_calls(call("name = \"a\"\n" + user + "source = \"x.c\"\n")).find("needs a `source`") !=
        std::string::npos);
  CHECK(bad_calls(call("name = \"a\"\n" + user) + call("name = \"a\"\n" + user))
            .find("calls.toml:7: a call `a` is described twice") != std::string::npos);
  CHECK(bad_calls("[[cal]]\n").find("has an unknown field `cal`") != std::string::npos);
}

TEST_CASE("A function of the C library and a system call may share a name") {
  const std::string both =
      call("name = \"fork\"\nlayer = \"user\"\nman = \"fork(2)\"\n") +
      call("name = \"fork\"\nlayer = \"syscall\"\nsource = \"kernel/fork.c\"\nman = \"fork(2)\"\n");
  CHECK(parse_calls(both, "calls.toml").size() == 2);
}

TEST_CASE("The table of kernels says which names each of them has") {
  const KernelTable table = parse_kernel_table("# Head\n\nText with a | in it\n" + head +
                                                   "| **Faults** |  |  |\n| `new` | - | yes |\n| "
                                                   "`old` | as `old.isra.0` | yes (no probe) |\n",
                                               "k.md");
  CHECK(table.kernels == std::vector<std::string>{"5.10", "newest"});
  CHECK(table.names_on(0, {"new", "old"}) == std::vector<std::string>{"old"});
  CHECK(table.names_on(1, {"new", "old"}) == std::vector<std::string>{"new", "old"});
  CHECK(table.names_on(0, {"new"}) == std::vector<std::string>{});
  CHECK_FALSE(table.names_on(0, {"unknown"}).has_value());
}

TEST_CASE("Another table after the table of kernels is none of its rows") {
  const KernelTable table = parse_kernel_table(
      head + "| `f` | yes | - |\n\n## Counts\n\n| program | 5.10 |\n| `g` | 12 |\n", "k.md");
  CHECK(table.kernels == std::vector<std::string>{"5.10", "newest"});
  CHECK(table.marks.size() == 1);
}

TEST_CASE("A row of the table that is not understood is reported") {
  CHECK(bad_table(head + "| `f` | maybe | yes |\n") ==
        "cannot read k.md:3: no row of the table of functions; write it anew with "
        "tests/vm/kernel_table.py --update");
  CHECK(bad_table(head + "| `f` | yes |\n").find("k.md:3") != std::string::npos);
  CHECK(bad_table(head + "| f | yes | yes |\n").find("k.md:3") != std::string::npos);
  CHECK(bad_table("# nothing\n").find("it has no table of functions") != std::string::npos);
}

TEST_CASE("Folders of this repository can be read, in the source tree too") {
  const Reference reference = load_reference(source_dir + "/labs");
  CHECK(reference.calls.size() > 50);
  CHECK(reference.kernels.kernels == std::vector<std::string>{"5.10", "6.1", "6.12", "newest"});
  CHECK(reference.kernels.names_on(0, {"shmem_getpage_gfp"}) ==
        std::vector<std::string>{"shmem_getpage_gfp"});
  CHECK(failure_of([] { load_reference(source_dir + "/none"); }).find("cannot find the labs") !=
        std::string::npos);
}
