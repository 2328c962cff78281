// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/submission.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/catch.h"
#include "tracer/failure.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "shmpath-unit-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name) << bytes;
  }

 private:
  fs::path path_;
};

std::vector<std::string> names(const Submission& submission) {
  std::vector<std::string> names;
  for (const SubmissionFile& file : submission.files) names.push_back(file.name);
  return names;
}

// What is said of that one; "" for nothing.
std::string said_of(const Submission& submission, const std::string& name) {
  for (const std::string& line : submission.left_out)
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  return "";
}

}  // namespace

TEST_CASE("The sources of a submission are its regular files of these kinds, by name") {
  const Folder folder;
  for (const char* name : {"b.cpp", "a.c", "c.cc", "d.h", "e.hpp", "notes.txt", "Makefile"})
    folder.put(name, std::string("of ") + name);
  fs::create_directory(folder / "sub.cpp");
  const Submission submission = read_submission(folder.path());
  CHECK(names(submission) == std::vector<std::string>{"a.c", "b.cpp", "c.cc", "d.h", "e.hpp"});
  CHECK(submission.files[1].bytes == "of b.cpp");
  CHECK(submission.left_out.size() == 3);
  CHECK(said_of(submission, "Makefile") == "the exercise has its own Makefile");
  CHECK(said_of(submission, "notes.txt").starts_with("not a source"));
  CHECK(said_of(submission, "sub.cpp") == "a folder");
}

TEST_CASE("No link, fifo or device is taken for a source, and none holds us up") {
  const Folder folder, other;
  other.put("secret.cpp", "of another student");
  fs::create_symlink(other / "secret.cpp", folder / "link.cpp");
  fs::create_symlink("nowhere", folder / "broken.h");
  REQUIRE(mkfifo((folder / "fifo.cpp").c_str(), 0600) == 0);
  const bool root = geteuid() == 0;
  if (root) REQUIRE(mknod((folder / "zero.cpp").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0);
  const Submission submission = read_submission(folder.path());
  CHECK(submission.files.empty());
  CHECK(said_of(submission, "link.cpp") == "a link");
  CHECK(said_of(submission, "broken.h") == "a link");
  CHECK(said_of(submission, "fifo.cpp") == "not a regular file");
  if (root) CHECK(said_of(submission, "zero.cpp") == "not a regular file");
}

TEST_CASE("A link to a folder is no submission, also with a slash behind it") {
  const Folder folder, other;
  other.put("secret.cpp", "of another student");
  fs::create_directory_symlink(other.path(), folder / "01");
  CHECK_THROWS_WITH(read_submission(folder / "01"), Catch::Contains("it is a link"));
  CHECK_THROWS_WITH(read_submission(folder / "01/"), Catch::Contains("it is a link"));
  CHECK_THROWS_AS(read_submission(folder / "02"), Failure);
}

TEST_CASE("Names that a compiler or a terminal would not take well are left out") {
  const Folder folder;
  for (const char* name : {"-o.cpp", ".hidden.cpp", "a b.cpp", "\x1b[31m.cpp", "$(id).c"})
    folder.put(name, "");
  const Submission submission = read_submission(folder.path());
  CHECK(submission.files.empty());
  CHECK(submission.left_out.size() == 5);
  for (const std::string& line : submission.left_out) CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("A submission that is too large is refused") {
  const Folder folder;
  folder.put("full.cpp", std::string(1 << 20, ' '));
  CHECK(read_submission(folder.path()).files.size() == 1);
  folder.put("more.cpp", " ");
  CHECK_THROWS_WITH(read_submission(folder.path()), Catch::Contains("more than 1 MiB"));
  fs::remove(folder / "full.cpp");
  for (int i = 0; i < 64; i++) folder.put("f" + std::to_string(i) + ".h", "");
  CHECK_THROWS_WITH(read_submission(folder.path()), Catch::Contains("more than 64 sources"));
}

TEST_CASE("A digest differs when a file does, in its bytes or its name") {
  const Submission one{{{"a.c", "int a;"}, {"b.c", ""}}, {}};
  const std::string digest = digest_of(one);
  CHECK(digest.size() == 32);
  CHECK(digest_of({one.files, {"x: left out"}}) == digest);
  CHECK(digest_of({{{"a.c", "int b;"}, {"b.c", ""}}, {}}) != digest);
  CHECK(digest_of({{{"a.c", ""}, {"b.c", "int a;"}}, {}}) != digest);
  CHECK(digest_of({{{"c.c", "int a;"}, {"b.c", ""}}, {}}) != digest);
  CHECK(digest_of({{{"a.c", "int a;"}}, {}}) != digest);
}
