// SPDX-License-Identifier: BSD-2-Clause
//
// All flow files together: a lab is found by what one would call it.
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tests/paths.h"
#include "tracer/failure.h"
#include "tracer/flow.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

std::string lab_text(int number, const std::string& name, const std::string& more = "") {
  return "number = " + std::to_string(number) + "\nname = \"" + name +
         "\"\nprograms = [\"one\"]\ntitle = { en = \"A\", zh = \"甲\" }\n" + more;
}

const std::string function =
    "[[function]]\nname = \"do_mmap\"\nsource = \"mm/mmap.c\"\nen = \"Maps.\"\nzh = \"映射。\"\n";
const std::string step =
    "[[step]]\nnumber = 1\ntext = { en = \"map\", zh = \"映射\" }\nkernel = [\"do_mmap\"]\n";
const std::string claim =
    "[[claim]]\nid = \"C01\"\nen = \"so\"\nzh = \"是\"\nexpect = \"holds\"\n"
    "[[claim.see]]\ncall = \"a\"\nstack = [\"do_mmap\"]\n";

struct Folder {
  std::string path = "/tmp/shmpath-flow-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path.data())); }
  ~Folder() { fs::remove_all(path); }
  void add(const std::string& lab, const std::string& text) const {
    fs::create_directories(path + "/" + lab);
    std::ofstream(path + "/" + lab + "/flow.toml") << text;
  }
};

template <typename Call>
std::string failure_of(Call call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("A lab is found by its number, its name, or both") {
  const Folder folder;
  folder.add("10-late", lab_text(10, "late"));
  folder.add("02-sysv-shm", lab_text(2, "sysv-shm"));
  folder.add("01-posix-shm", lab_text(1, "posix-shm"));
  fs::create_directories(folder.path + "/not-a-lab");
  std::ofstream(folder.path + "/README.md") << "no lab";
  const Catalogue catalogue = load_catalogue(folder.path);
  REQUIRE(catalogue.flows.size() == 3);
  CHECK(catalogue.flows[0].number == 1);
  CHECK(catalogue.flows[2].number == 10);
  CHECK(catalogue.flows[1].folder == folder.path + "/02-sysv-shm");
  for (const char* name : {"02", "sysv-shm", "02-sysv-shm"}) CHECK(catalogue.lab(name).number == 2);
  CHECK(catalogue.lab("10").name == "late");
  for (const char* name : {"", "2", "03", "sysv", "01-sysv-shm", "../labs"})
    CHECK(failure_of([&] { catalogue.lab(name); }) ==
          "unknown lab " + std::string(name) +
              ": the labs are 01-posix-shm to 10-late; shmpath list shows them");
}

TEST_CASE("A step or a claim may name only a function that some file describes") {
  const Folder folder;
  folder.add("01-a", lab_text(1, "a", step + claim));
  CHECK(failure_of([&] { load_catalogue(folder.path); }) ==
        "cannot read " + folder.path +
            "/01-a/flow.toml: step 1 names `do_mmap`, which no flow file describes; add a "
            "[[function]] for it");
  folder.add("01-a", lab_text(1, "a", claim));
  CHECK(failure_of([&] { load_catalogue(folder.path); }).find("claim C01 names `do_mmap`") !=
        std::string::npos);
  folder.add("02-b", lab_text(2, "b", function));  // in any file
  CHECK(load_catalogue(folder.path).functions.size() == 1);
}

TEST_CASE("A function may not be described in two files") {
  const Folder folder;
  folder.add("01-a", lab_text(1, "a", function));
  folder.add("02-b", lab_text(2, "b", function));
  const std::string said = failure_of([&] { load_catalogue(folder.path); });
  CAPTURE(said);
  CHECK(said.find("/flow.toml:5: a function `do_mmap` is described twice") != std::string::npos);
}

TEST_CASE("A folder without labs says what to do") {
  const Folder folder;
  CHECK(failure_of([&] { load_catalogue(folder.path); }) ==
        "cannot find the labs in " + folder.path +
            ": no NN-name/flow.toml there; build shmpath, or give --labs DIR");
  CHECK(failure_of([&] { load_catalogue(folder.path + "/none"); }) ==
        "cannot find the labs in " + folder.path +
            "/none: No such file or directory; build shmpath, or give --labs DIR");
}

TEST_CASE("The folder of the labs is the one asked for, or beside the program") {
  CHECK(labs_folder("/somewhere") == "/somewhere");
  CHECK(labs_folder("").ends_with("/labs"));
}

TEST_CASE("The labs of this repository can be read, and every function keeps its one place") {
  const Catalogue catalogue = load_catalogue(source_dir + "/labs");
  CHECK(catalogue.flows.size() >= 3);
  CHECK(catalogue.lab("01").name == "posix-shm");
  for (const auto& [name, known] : catalogue.functions) {
    CAPTURE(name);
    CHECK((known.inlined_into.empty() || catalogue.functions.contains(known.inlined_into)));
    CHECK(known.inlined_into != name);
  }
}
