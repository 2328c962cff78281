// SPDX-License-Identifier: BSD-2-Clause
//
// What a class handed in, with names and folders as nobody wants them.
#include "classroom/grade_class.h"

#include <algorithm>
#include <set>

#include "classroom/grade.h"
#include "tests/unit/grade_support.h"
#include "tracer/failure.h"
#include "tracer/options.h"

using namespace shmpath;
using Strings = std::vector<std::string>;

namespace {

Strings names(const std::vector<HandIn>& all) {
  Strings names;
  for (const HandIn& one : all) names.push_back(one.student + " " + one.kit->exercise.id());
  return names;
}

}  // namespace

TEST_CASE("Submissions are found by each name of their exercise, and sorted") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  folder.write("carol/2/a.cpp", "");
  folder.write("alice/02-ring/a.cpp", "");
  folder.write("alice/01/a.cpp", "");
  folder.write("bob/leak/a.cpp", "");
  const StudentClass found = read_class(folder.path(), kits, {});
  CHECK(names(found.handed_in) ==
        Strings{"alice 01-leak", "alice 02-ring", "bob 01-leak", "carol 02-ring"});
  CHECK(found.unread.empty());
  CHECK(found.unknown.empty());
  for (const HandIn& one : found.handed_in) {
    CHECK(one.trouble.empty());
    CHECK_FALSE(one.key.empty());
  }
}

TEST_CASE("Hidden entries are skipped; what is no exercise is told, with its name escaped") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  folder.write("alice/01/a.cpp", "");
  folder.write("alice/99-other/a.cpp", "");
  folder.write("alice/.git/config", "");
  folder.write(".shmpath-results/x.json", "");
  folder.write("notes\x1b[31m.txt", "");
  const StudentClass found = read_class(folder.path(), kits, {});
  CHECK(names(found.handed_in) == Strings{"alice 01-leak"});
  CHECK(found.unknown ==
        Strings{"alice/99-other: no such exercise", "notes\\x1b[31m.txt: it is not a folder"});
}

TEST_CASE("Hostile names of students are escaped, each to another one") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  const Strings students{"a\nb",
                         "a\\nb",
                         "=cmd|' -C calc'!A0",
                         "<b>&\"",
                         "\xff",
                         "\xe2\x80\xae"
                         "evil"};
  for (const std::string& student : students) folder.write(student + "/01/a.cpp", "");
  const StudentClass found = read_class(folder.path(), kits, {});
  std::set<std::string> shown;
  for (const HandIn& one : found.handed_in) {
    shown.insert(one.student);
    CHECK(one.student.find('\n') == std::string::npos);
    CHECK(one.student.find('\xff') == std::string::npos);
    CHECK(one.student.find("\xe2\x80\xae") == std::string::npos);
    CHECK(one.trouble.empty());
  }
  CHECK(shown.size() == students.size());
}

TEST_CASE("No link is followed: a student's is reported, an exercise's has no grade") {
  const auto kits = small_kits();
  const TemporaryFolder folder, elsewhere;
  elsewhere.write("01/a.cpp", "");
  folder.write("bob/02/a.cpp", "");
  std::filesystem::create_symlink(elsewhere.path(), folder / "alice");
  std::filesystem::create_symlink(elsewhere / "01", folder / "bob/01-leak");
  const StudentClass found = read_class(folder.path(), kits, {});
  REQUIRE(names(found.handed_in) == Strings{"bob 01-leak", "bob 02-ring"});
  CHECK(found.handed_in[0].trouble == "it is a link, and links are not followed");
  CHECK_FALSE(found.handed_in[0].ours);
  CHECK(found.handed_in[1].trouble.empty());
  CHECK(found.unread == Strings{"alice: it is a link, and links are not followed"});
}

TEST_CASE("An exercise that is a file, or was handed in twice, has no grade but a reason") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  folder.write("alice/01-leak", "a file");
  folder.write("bob/1/a.cpp", "");
  folder.write("bob/leak/a.cpp", "");
  const StudentClass found = read_class(folder.path(), kits, {});
  REQUIRE(found.handed_in.size() == 2);
  CHECK(found.handed_in[0].trouble == "it is not a folder");
  CHECK(found.handed_in[1].trouble == "it was handed in twice, as 1 and as leak; keep one of them");
}

TEST_CASE("What is more than a submission may be has no grade but a reason") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  folder.write("alice/01/a.cpp", std::string(2U << 20, ' '));
  const StudentClass found = read_class(folder.path(), kits, {});
  REQUIRE(found.handed_in.size() == 1);
  CHECK(found.handed_in[0].trouble.find("1 MiB") != std::string::npos);
  CHECK_FALSE(found.handed_in[0].ours);
}

TEST_CASE("Who was asked for an exercise and has none is listed as absent") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  folder.write("alice/01/a.cpp", "");
  folder.write("bob/02/a.cpp", "");
  const StudentClass found = read_class(folder.path(), kits, {&kits[0]});
  REQUIRE(names(found.handed_in) == Strings{"alice 01-leak", "bob 01-leak"});
  CHECK_FALSE(found.handed_in[0].absent);
  CHECK(found.handed_in[1].absent);
  CHECK(found.handed_in[1].trouble == "nothing was handed in");
}

TEST_CASE("A class that cannot be read, or is empty, is a failure that says so") {
  const auto kits = small_kits();
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_class(folder.path(), kits, {}), Catch::Contains("no student's folder"));
  CHECK_THROWS_WITH(read_class(folder / "none", kits, {}), Catch::Contains("No such file"));
}

TEST_CASE("The key is another one when a file, the rubric or the Makefile is") {
  auto kits = small_kits();
  const TemporaryFolder folder;
  folder.write("alice/01/a.cpp", "int a;");
  const auto key = [&] { return read_class(folder.path(), kits, {}).handed_in.at(0).key; };
  std::set<std::string> keys{key()};
  CHECK(keys.count(key()) == 1);
  folder.write("alice/01/a.cpp", "int b;");
  keys.insert(key());
  folder.write("alice/01/b.cpp", "");
  keys.insert(key());
  kits[0].rubric_bytes += " ";
  keys.insert(key());
  kits[0].makefile.bytes += " ";
  keys.insert(key());
  CHECK(keys.size() == 5);
}

TEST_CASE("The parts of a class are all of it, each once, whatever their number") {
  const auto kits = small_kits();
  std::vector<HandIn> all;
  for (int i = 0; i < 23; i++)
    all.push_back({"student" + std::to_string(i), &kits[0], "", "", false, false, ""});
  for (unsigned shards : {1U, 2U, 4U, 23U, 40U}) {
    std::multiset<std::string> seen;
    std::size_t least = all.size(), most = 0;
    for (unsigned shard = 1; shard <= shards; shard++) {
      const auto part = take_shard(all, shard, shards);
      for (const HandIn& one : part) seen.insert(one.student);
      least = std::min(least, part.size());
      most = std::max(most, part.size());
    }
    CHECK(seen.size() == all.size());
    for (const HandIn& one : all) CHECK(seen.count(one.student) == 1);
    CHECK(most - least <= 1);
  }
}

TEST_CASE("A class that the VM would share with each submission is not graded") {
  Options options;
  for (std::string GradeOptions::*part :
       {&GradeOptions::folder, &GradeOptions::results, &GradeOptions::exercises}) {
    const TemporaryFolder folder;
    options.grade = {};
    options.grade.folder = folder.path();
    options.grade.*part = "/usr/include";
    CHECK_THROWS_WITH(grade_class(options), Catch::Contains("is shared with the VM; move it"));
  }
}
