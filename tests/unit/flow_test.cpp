// SPDX-License-Identifier: BSD-2-Clause
//
// Flow files: what a good one says, and that every mistake is named with its file and line.
#include "tracer/flow.h"

#include "tests/catch.h"
#include "tracer/failure.h"

using namespace shmpath;
using Names = std::vector<std::string>;

namespace {

const std::string head =
    "number = 7\nname = \"a-lab\"\nprograms = [\"one\", \"two\"]\ntitle = { en = \"A\", zh = "
    "\"甲\" }\n";
const std::string step =
    "[[step]]\nnumber = 1\nprogram = \"two\"\ntext = { en = \"map\", zh = \"映射\" }\nuser = "
    "\"mmap\"\n"
    "syscall = [\"fstat\", \"newfstatat\"]\nkernel = [\"do_mmap\"]\n";
const std::string function =
    "[[function]]\nname = \"do_mmap\"\nnames = [\"do_mmap_pgoff\"]\nsource = \"mm/mmap.c\"\n"
    "inlined_into = \"vm_mmap_pgoff\"\nwitness = [\"vm_unmapped_area\"]\nen = \"Maps.\"\nzh = "
    "\"映射。\"\n";
const std::string claim =
    "[[claim]]\nid = \"C01\"\nen = \"It is so.\"\nzh = \"如此。\"\nexpect = \"differs\"\n"
    "truth = { en = \"Not so.\", zh = \"不是。\" }\n";
const std::string rule =
    "[[claim.see]]\ncall = \"openat\"\nlayer = \"syscall\"\ninside = \"shm_open\"\nprogram = "
    "\"one\"\n"
    "step = 1\nstack = [\"do_mmap\"]\nargs = { pathname = \"/dev/*\", flags = [\"A\", \"B\"] }\n"
    "min = 2\nmax = 3\n";

Flow parse(const std::string& text) {
  std::map<std::string, KernelFunction> functions;
  return parse_flow(text, "labs/07-a-lab/flow.toml", functions);
}

std::string failure_of(const std::string& text) {
  try {
    parse(text);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

// `text` as it should be, with one thing in it put differently.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("A flow file gives its lab, steps, functions and claims") {
  std::map<std::string, KernelFunction> functions;
  const Flow flow = parse_flow(head + step + function + claim + rule, "f", functions);
  CHECK(flow.id() == "07-a-lab");
  CHECK(flow.programs == Names{"one", "two"});
  CHECK(flow.title.in(false) == "A");
  CHECK(flow.title.in(true) == "甲");
  REQUIRE(flow.steps.size() == 1);
  CHECK(flow.steps[0].number == 1);
  CHECK(flow.steps[0].program == "two");
  CHECK(flow.steps[0].text.en == "map");
  CHECK(flow.steps[0].user == "mmap");
  CHECK(flow.steps[0].syscall == Names{"fstat", "newfstatat"});
  CHECK(flow.steps[0].kernel == Names{"do_mmap"});
  REQUIRE(functions.contains("do_mmap"));
  const KernelFunction& known = functions.at("do_mmap");
  CHECK(known.names == Names{"do_mmap_pgoff"});
  CHECK(known.source == "mm/mmap.c");
  CHECK(known.inlined_into == "vm_mmap_pgoff");
  CHECK(known.witness == Names{"vm_unmapped_area"});
  CHECK(known.text.zh == "映射。");
  REQUIRE(flow.claims.size() == 1);
  CHECK(flow.claims[0].id == "C01");
  CHECK_FALSE(flow.claims[0].expect_holds);
  CHECK(flow.claims[0].truth.en == "Not so.");
}

TEST_CASE("A rule has what it asks for, and sensible bounds where it does not say") {
  const Rule full = parse(head + claim + rule).claims[0].see.at(0);
  CHECK(full.call == Names{"openat"});
  CHECK(full.layer == "syscall");
  CHECK(full.inside == "shm_open");
  CHECK(full.program == "one");
  CHECK(full.step == 1U);
  CHECK(full.stack == Names{"do_mmap"});
  CHECK(full.min == 2);
  CHECK(full.max == std::size_t{3});
  REQUIRE(full.args.size() == 2);
  CHECK(full.args[0].first == "flags");
  CHECK(full.args[0].second == Names{"A", "B"});
  CHECK(full.args[1].second == Names{"/dev/*"});

  const Rule bare = parse(head + claim + "[[claim.see]]\ncall = [\"a\", \"b\"]\n").claims[0].see[0];
  CHECK(bare.call == Names{"a", "b"});
  CHECK(bare.min == 1);
  CHECK_FALSE(bare.max);
  CHECK_FALSE(bare.step);
  const Rule none = parse(head + claim + "[[claim.see]]\ncall = \"a\"\nmax = 0\n").claims[0].see[0];
  CHECK(none.min == 0);
  CHECK(none.max == std::size_t{0});
}

TEST_CASE("A claim is the lab's to judge unless the trace shows it") {
  CHECK(parse(head + claim).claims[0].program);
  CHECK_FALSE(parse(head + claim + rule).claims[0].program);
  CHECK(parse(head + claim + "program = true\n" + rule).claims[0].program);
  CHECK_FALSE(parse(head + claim + "program = false\n").claims[0].program);
}

TEST_CASE("A step belongs to the first program where it names none") {
  CHECK(parse(head + with(step, "program = \"two\"\n", "")).steps[0].program == "one");
}

TEST_CASE("A flow may need kernel modules and device files") {
  const Flow flow =
      parse(head + "modules = [\"vivid n_devs=1\", \"vgem\"]\ndevices = [\"/dev/udmabuf\"]\n");
  CHECK(flow.modules == Names{"vivid n_devs=1", "vgem"});
  CHECK(flow.devices == Names{"/dev/udmabuf"});
  CHECK(parse(head).modules.empty());
  CHECK(parse(head).devices.empty());
}

TEST_CASE("A flow may need a disk file system, and ext4 is the one there is") {
  CHECK(parse(head + "disk = \"ext4\"\n").disk == "ext4");
  CHECK(parse(head).disk.empty());
  for (const char* disk : {"xfs", "ext4 /dev/vda", "../ext4"}) {
    const std::string said = failure_of(head + "disk = \"" + disk + "\"\n");
    CAPTURE(said);
    CHECK(said.find("has a disk that is not ext4, the one there is: `" + std::string(disk) + "`") !=
          std::string::npos);
  }
  CHECK(failure_of(head + "disk = true\n").find("needs a string `disk`") != std::string::npos);
}

TEST_CASE("A device that is not below /dev is refused") {
  for (const char* device : {"/etc/shadow", "dev/udmabuf", "/dev/../etc/shadow"}) {
    const std::string said = failure_of(head + "devices = [\"" + device + "\"]\n");
    CAPTURE(said);
    CHECK(said.find("has a device that is not below /dev: `" + std::string(device) + "`") !=
          std::string::npos);
  }
}

TEST_CASE("What is not TOML is refused with file and line") {
  CHECK(failure_of(head + "number = = 1\n").find("cannot read labs/07-a-lab/flow.toml:5: ") == 0);
  CHECK(failure_of("\n\n[[step]\n").find("cannot read labs/07-a-lab/flow.toml:3: ") == 0);
}

TEST_CASE("What is missing is named with file and line") {
  struct {
    std::string text, missing;
    int line;
  } const cases[] = {
      {with(head, "number = 7\n", ""), "number", 1},
      {with(head, "name = \"a-lab\"\n", ""), "name", 1},
      {with(head, "programs = [\"one\", \"two\"]\n", ""), "programs", 1},
      {with(head, "title = { en = \"A\", zh = \"甲\" }\n", ""), "title", 1},
      {with(head, ", zh = \"甲\"", ""), "zh", 4},
      {head + with(step, "number = 1\n", ""), "number", 5},
      {head + with(step, "text = { en = \"map\", zh = \"映射\" }\n", ""), "text", 5},
      {head + with(function, "name = \"do_mmap\"\n", ""), "name", 5},
      {head + with(function, "source = \"mm/mmap.c\"\n", ""), "source", 5},
      {head + with(function, "en = \"Maps.\"\n", ""), "en", 5},
      {head + with(function, "zh = \"映射。\"\n", ""), "zh", 5},
      {head + with(claim, "id = \"C01\"\n", ""), "id", 5},
      {head + with(claim, "expect = \"differs\"\n", ""), "expect", 5},
      {head + claim + with(rule, "call = \"openat\"\n", ""), "call", 11},
  };
  for (const auto& [text, missing, line] : cases) {
    const std::string said = failure_of(text);
    CAPTURE(missing, said);
    CHECK(said.find("cannot read labs/07-a-lab/flow.toml:" + std::to_string(line) + ": ") == 0);
    CHECK(said.find("lacks `" + missing + "`") != std::string::npos);
    CHECK(said.ends_with("; see docs/adding-a-lab.md for the format"));
  }
}

TEST_CASE("A value of the wrong kind is refused, not ignored") {
  struct {
    std::string text, field;
  } const cases[] = {
      {with(head, "number = 7", "number = \"7\""), "number"},
      {with(head, "number = 7", "number = -7"), "number"},
      {with(head, "\"a-lab\"", "3"), "name"},
      {with(head, "[\"one\", \"two\"]", "[\"one\", 2]"), "programs"},
      {with(head, "[\"one\", \"two\"]", "[]"), "programs"},
      {with(head, "{ en = \"A\", zh = \"甲\" }", "\"A\""), "title"},
      {head + "modules = 3\n", "modules"},
      {head + "devices = [1]\n", "devices"},
      {head + with(step, "\"mmap\"", "[\"mmap\"]"), "user"},
      {head + with(step, "[\"do_mmap\"]", "3"), "kernel"},
      {head + "step = 1\n", "step"},
      {head + with(function, "[\"do_mmap_pgoff\"]", "{ a = 1 }"), "names"},
      {head + claim + "program = \"yes\"\n", "program"},
      {head + claim + "see = \"openat\"\n", "see"},
      {head + claim + with(rule, "step = 1", "step = \"1\""), "step"},
      {head + claim + with(rule, "min = 2", "min = \"2\""), "min"},
      {head + claim + with(rule, "max = 3", "max = 0.5"), "max"},
      {head + claim + with(rule, "{ pathname = \"/dev/*\", flags = [\"A\", \"B\"] }", "\"/dev\""),
       "args"},
      {head + claim + with(rule, "\"/dev/*\"", "3"), "pathname"},
  };
  for (const auto& [text, field] : cases) {
    const std::string said = failure_of(text);
    CAPTURE(field, said);
    CHECK(said.find("cannot read labs/07-a-lab/flow.toml:") == 0);
    CHECK(said.find("`" + field + "`") != std::string::npos);
  }
}

TEST_CASE("An unknown field is refused wherever it stands") {
  for (const std::string& text :
       {"extra = 1\n" + head, head + step + "extra = 1\n", head + function + "extra = 1\n",
        head + claim + "extra = 1\n", head + claim + rule + "extra = 1\n",
        with(head, "en = \"A\"", "en = \"A\", extra = \"1\"")}) {
    const std::string said = failure_of(text);
    CAPTURE(said);
    CHECK(said.find("cannot read labs/07-a-lab/flow.toml:") == 0);
    CHECK(said.find("has an unknown field `extra`") != std::string::npos);
  }
}

TEST_CASE("What contradicts itself is refused") {
  CHECK(failure_of(head + with(step, "\"two\"", "\"three\"")).find(":5: a step names a program") !=
        std::string::npos);
  CHECK(failure_of(head + with(claim, "\"differs\"", "\"maybe\"")).find("expects neither") !=
        std::string::npos);
  CHECK(
      failure_of(head + function + function).find(":13: a function `do_mmap` is described twice") !=
      std::string::npos);
}
