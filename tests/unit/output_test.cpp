// SPDX-License-Identifier: BSD-2-Clause
//
// Which names a trace is written to.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/output.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path = "/tmp/shmpath-output-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path.data())); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

std::string refusal(const std::string& file) {
  try {
    open_trace_file(file);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a trace is not written through a symbolic link") {
  const Folder folder;
  const std::string file = folder.path + "/file", link = folder.path + "/link";
  std::ofstream(file) << "precious";
  fs::create_symlink(file, link);
  CHECK(refusal(link) == "cannot write the trace to " + link +
                             ": it is a symbolic link; give -o the file that it leads to");
  CHECK(read_file(file) == "precious");
  CHECK(refusal(file).empty());
  CHECK(read_file(file) == "");
}

TEST_CASE("the name of an open descriptor is that descriptor") {
  const Folder folder;
  const Fd file = open_trace_file(folder.path + "/file");
  const std::string name = "/dev/fd/" + std::to_string(file.get());
  const Fd again = open_trace_file(name);
  REQUIRE(write(again.get(), "one", 3) == 3);
  CHECK(again.get() != file.get());
  CHECK(read_file(folder.path + "/file") == "one");
  CHECK_FALSE(refusal(name + "x").empty());  // no number: a file of that name, which is not there
  CHECK_FALSE(refusal("/dev/fd/99999").empty());
}
