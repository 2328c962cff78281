// SPDX-License-Identifier: BSD-2-Clause
//
// Which file a word on the command line is, as a shell would have it; and reading files.
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/catch.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/target.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

// Two folders in PATH, for as long as it lives.
struct SearchPath {
  std::string root = "/tmp/shmpath-path-XXXXXX";
  std::string first, second;
  std::string before = getenv("PATH");
  SearchPath() {
    REQUIRE(mkdtemp(root.data()));
    first = root + "/first";
    second = root + "/second";
    fs::create_directories(first);
    fs::create_directories(second);
    set(first + ":" + second);
  }
  ~SearchPath() {
    setenv("PATH", before.c_str(), 1);
    fs::remove_all(root);
  }
  void set(const std::string& path) const { setenv("PATH", path.c_str(), 1); }
  void add(const std::string& file, mode_t mode) const {
    std::ofstream(file) << "#!/bin/sh\n";
    chmod(file.c_str(), mode);
  }
};

std::string failure_of(const std::string& word, int status) {
  try {
    return "found " + resolve_command(word);
  } catch (const Failure& failure) {
    CHECK(failure.status() == status);
    return failure.what();
  }
}

}  // namespace

TEST_CASE("A word is looked for in the folders of PATH, in order") {
  const SearchPath path;
  path.add(path.second + "/tool", 0755);
  CHECK(resolve_command("tool") == path.second + "/tool");
  path.add(path.first + "/tool", 0755);
  CHECK(resolve_command("tool") == path.first + "/tool");
}

TEST_CASE("What cannot be executed is passed over for what can") {
  const SearchPath path;
  path.add(path.first + "/tool", 0644);
  path.add(path.second + "/tool", 0755);
  CHECK(resolve_command("tool") == path.second + "/tool");
  fs::create_directories(path.first + "/folder");
  path.add(path.second + "/folder", 0755);
  CHECK(resolve_command("folder") == path.second + "/folder");
}

TEST_CASE("A word with a slash is a file, whatever PATH says") {
  const SearchPath path;
  path.add(path.root + "/tool", 0755);
  CHECK(resolve_command(path.root + "/tool") == path.root + "/tool");
  CHECK(failure_of("tool", exit_not_found) ==
        "cannot run tool: command not found; check its spelling, or give its path");
  CHECK(failure_of("./none/tool", exit_not_found) ==
        "cannot run ./none/tool: no such file; check the path");
}

TEST_CASE("What may not be executed says how it could be") {
  const SearchPath path;
  path.add(path.second + "/tool", 0644);
  const std::string file = path.second + "/tool";
  for (const std::string& word : {std::string("tool"), file})
    CHECK(failure_of(word, exit_not_executable) ==
          "cannot run " + file + ": permission denied; make it executable: chmod +x " + file);
}

TEST_CASE("An empty folder in PATH is the current one") {
  const SearchPath path;
  path.add(path.root + "/tool", 0755);
  const fs::path here = fs::current_path();
  fs::current_path(path.root);
  for (const char* search : {"", ":/none", "/none:", "/none::/none2"}) {
    path.set(search);
    CAPTURE(search);
    CHECK(resolve_command("tool") == "./tool");
  }
  fs::current_path(here);
}

TEST_CASE("An empty word is no command") {
  const SearchPath path;
  CHECK(failure_of("", exit_not_found).find("command not found") != std::string::npos);
}

TEST_CASE("A file is read whole, also one that does not tell its size") {
  const SearchPath path;
  const std::string file = path.root + "/big";
  std::string text((3U << 20) + 17, 'x');
  text[1U << 20] = '\0';
  std::ofstream(file) << text;
  CHECK(read_file(file) == text);
  std::ofstream(file, std::ios::trunc).close();
  CHECK(read_file(file) == "");
  CHECK(read_file("/proc/self/status").value_or("").find("Pid:") != std::string::npos);
}

TEST_CASE("A file that cannot be read gives nothing, and the reason") {
  CHECK_FALSE(read_file("/tmp/shmpath-none/none"));
  CHECK(errno == ENOENT);
  CHECK_FALSE(read_file("/tmp"));
  CHECK(errno == EISDIR);
}
