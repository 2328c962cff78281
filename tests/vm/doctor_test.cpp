// SPDX-License-Identifier: BSD-2-Clause
//
// On each kernel of the matrix: what `shmpath doctor` says works there, works, and nothing else.
#include "tests/vm/results.h"

#define EVERY_KERNEL "[5.10][6.1][6.12][newest]"

using live::Json;

namespace {

Json diagnosis(const std::string& name) {
  const live::Outcome run = vm::result(name);
  CAPTURE(run.out, run.err);
  REQUIRE(run.out.starts_with("{"));
  const Json found = Json::parse(run.out);
  CHECK(found["verdict"]["status"] == run.status);
  return found;
}

std::string state_of(const Json& found, const std::string& name) {
  for (const Json& check : found["checks"])
    if (check["name"] == name) return check["state"];
  FAIL("no check " << name);
  return "";
}

}  // namespace

TEST_CASE("doctor says that the functions view works", EVERY_KERNEL) {
  const Json found = diagnosis("doctor");
  CHECK(found["verdict"]["status"] == 0);
  CHECK(found["verdict"]["host"] == "functions");
  CHECK(found["verdict"]["best"]["view"] == "functions");
  for (const char* check : {"CAP_BPF", "BTF", "kallsyms", "BPF programs", "C library", "uprobe",
                            "step markers (USDT)", "ring buffer", "ptrace", "tracefs"}) {
    CAPTURE(check);
    CHECK(state_of(found, check) == "ok");
  }
}

TEST_CASE("a way to probe functions that doctor says works is one by which they are probed",
          EVERY_KERNEL) {
  const Json found = diagnosis("doctor");
  for (const auto& [check, way] :
       {std::pair("fentry", "way-fentry"), std::pair("kprobe-multi (fprobe)", "way-kprobe-multi"),
        std::pair("kprobe", "way-kprobe")}) {
    CAPTURE(check);
    CHECK((state_of(found, check) == "ok") == (vm::result(way).status == 0));
  }
}

TEST_CASE("doctor finds neither fentry nor kprobe-multi where the kernel is too old", "[5.10]") {
  const Json found = diagnosis("doctor");
  CHECK(state_of(found, "fentry") == "limited");
  CHECK(state_of(found, "kprobe-multi (fprobe)") == "limited");
  CHECK(state_of(found, "kprobe") == "ok");
  CHECK(state_of(found, "uprobe-multi") == "limited");
}

TEST_CASE("doctor finds all ways on a recent kernel", "[6.12][newest]") {
  const Json found = diagnosis("doctor");
  for (const char* way : {"fentry", "kprobe-multi (fprobe)", "kprobe", "uprobe-multi"}) {
    CAPTURE(way);
    CHECK(state_of(found, way) == "ok");
  }
}

TEST_CASE("under lockdown doctor says what is lost, and run cannot do it", EVERY_KERNEL) {
  const Json found = diagnosis("locked-doctor");
  CHECK(state_of(found, "lockdown") == "missing");
  CHECK(state_of(found, "raw tracepoint") == "missing");
  CHECK(state_of(found, "BPF programs") == "missing");
  CHECK(found["verdict"]["host"] == "syscalls");
  CHECK(found["verdict"]["status"] == 2);
  CHECK(vm::result("locked-tracepoints").status == 125);
  CHECK(vm::result("locked-auto").status == 0);
}
