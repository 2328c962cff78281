// SPDX-License-Identifier: BSD-2-Clause
//
// Results that are kept, and what is read back as one.
#include "classroom/grade_store.h"

#include <sys/stat.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/unit/grade_support.h"
#include "tracer/failure.h"
#include "tracer/files.h"

using namespace shmpath;
using nlohmann::json;

namespace {

struct Kept {
  std::vector<ExerciseKit> kits = small_kits();
  TemporaryFolder folder;
  GradeStore store{folder.path(), GradeStore::Make::yes};
  HandIn what{"alice", &kits[0], "", "", false, false, "key"};
  const std::string file = (folder / "alice@01-leak.json").string();

  Kept() { store.write(what, "6.1", grade_without(kits[0].exercise, {"two"})); }

  void change(const std::function<void(json&)>& how) const {
    json result = json::parse(*read_file(file));
    how(result);
    std::ofstream(file) << result.dump();
  }
};

}  // namespace

TEST_CASE("A result is read as it was written, and nothing else is left in the folder") {
  const Kept kept;
  const auto result = kept.store.read(kept.what);
  REQUIRE(result);
  CHECK(result->key == "key");
  CHECK(result->kernel == "6.1");
  CHECK(result->assessment.graded);
  CHECK(result->assessment.points == 6);
  CHECK(result->assessment.lines.at(1).seen == "none");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kept.folder.path())) {
    CHECK(entry.path() == kept.file);
    files++;
  }
  CHECK(files == 1);
}

TEST_CASE("There is no result of another student, of another exercise, or in a file that is none") {
  const Kept kept;
  HandIn other = kept.what;
  other.student = "bob";
  CHECK_FALSE(kept.store.read(other));
  std::filesystem::copy_file(kept.file, kept.folder / "bob@01-leak.json");
  CHECK_FALSE(kept.store.read(other));  // it says that it is alice's
  other = kept.what;
  other.kit = &kept.kits[1];
  std::filesystem::copy_file(kept.file, kept.folder / "alice@02-ring.json");
  CHECK_FALSE(kept.store.read(other));
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        std::string(100'000, '['), std::string("{\"format\":\"shmpath.result/2\"}"),
        std::string(5U << 20, ' ')}) {
    std::ofstream(kept.file) << text;
    CHECK_FALSE(kept.store.read(kept.what));
  }
}

TEST_CASE("A result that does not add up by the rubric does not count") {
  const std::vector<std::function<void(json&)>> changes{
      [](json& r) { r["assessment"]["points"] = 10; },
      [](json& r) { r["assessment"]["points"] = 1000; },
      [](json& r) { r["assessment"]["of"] = 20; },
      [](json& r) { r["assessment"]["lines"][0]["points"] = 9; },
      [](json& r) { r["assessment"]["lines"][0]["worth"] = 9; },
      [](json& r) { r["assessment"]["lines"][0]["id"] = "other"; },
      [](json& r) { r["assessment"]["lines"].erase(0); },
      [](json& r) { r["assessment"]["lines"].push_back(r["assessment"]["lines"][0]); },
      [](json& r) { r["assessment"]["lines"][1] = r["assessment"]["lines"][0]; },
      [](json& r) { r["assessment"]["graded"] = false; },
      [](json& r) { r["assessment"]["again"] = true; },
      [](json& r) { r["assessment"]["points"] = -1; },
      [](json& r) { r["assessment"]["points"] = "6"; },
      [](json& r) { r["assessment"].erase("lines"); },
      [](json& r) { r["assessment"]["exercise"] = "02-ring"; },
      [](json& r) { r.erase("key"); },
      [](json& r) { r["student"] = 7; },
  };
  for (std::size_t i = 0; i < changes.size(); i++) {
    const Kept kept;
    REQUIRE(kept.store.read(kept.what));
    kept.change(changes[i]);
    INFO("change " << i);
    CHECK_FALSE(kept.store.read(kept.what));
  }
}

TEST_CASE("A result of other files is given with its key, for it is known to be stale") {
  const Kept kept;
  HandIn changed = kept.what;
  changed.key = "other key";
  const auto result = kept.store.read(changed);
  REQUIRE(result);
  CHECK(result->key == "key");
}

TEST_CASE("No control character of a result file reaches a terminal") {
  const Kept kept;
  kept.change([](json& r) {
    r["assessment"]["lines"][1]["seen"] = "\x1b[31mred\n";
    r["assessment"]["compiler"] = "one\ntwo\x07\n";
  });
  const auto result = kept.store.read(kept.what);
  REQUIRE(result);
  CHECK(result->assessment.lines.at(1).seen == "\\x1b[31mred\\n");
  CHECK(result->assessment.compiler == "one\ntwo\\x07\n");
}

TEST_CASE("Neither a link nor a pipe in the place of a result is read, nor written through") {
  const Kept kept;
  const TemporaryFolder elsewhere;
  std::filesystem::rename(kept.file, elsewhere / "result.json");
  std::filesystem::create_symlink(elsewhere / "result.json", kept.file);
  CHECK_FALSE(kept.store.read(kept.what));
  const auto before = read_file(elsewhere / "result.json");
  kept.store.write(kept.what, "", grade_without(kept.kits[0].exercise, {}));
  CHECK(read_file(elsewhere / "result.json") == before);
  CHECK(kept.store.read(kept.what)->assessment.points == 10);
  std::filesystem::create_symlink(elsewhere / "result.json",
                                  kept.folder / ".alice@01-leak.json.new");
  kept.store.write(kept.what, "", grade_without(kept.kits[0].exercise, {"one"}));
  CHECK(read_file(elsewhere / "result.json") == before);
  std::filesystem::remove(kept.file);
  REQUIRE(mkfifo(kept.file.c_str(), 0600) == 0);
  CHECK_FALSE(kept.store.read(kept.what));
}

TEST_CASE("A folder of results that is a link among the submissions is refused") {
  const TemporaryFolder folder, elsewhere;
  const auto link = folder / ".shmpath-results";
  std::filesystem::create_symlink(elsewhere.path(), link);
  CHECK_THROWS_AS(GradeStore(link, GradeStore::Make::yes, GradeStore::Where::beside), Failure);
  CHECK_NOTHROW(GradeStore(link, GradeStore::Make::yes));  // the teacher's own
  CHECK_THROWS_WITH(GradeStore(folder / "none", GradeStore::Make::no), Catch::Contains("No such"));
}

TEST_CASE("A folder of results is for one grader of a part at a time") {
  const TemporaryFolder folder;
  GradeStore first(folder.path(), GradeStore::Make::yes);
  GradeStore second(folder.path(), GradeStore::Make::yes);
  first.lock(1, 2);
  CHECK_NOTHROW(second.lock(2, 2));
  GradeStore third(folder.path(), GradeStore::Make::yes);
  CHECK_THROWS_WITH(third.lock(1, 2, std::chrono::milliseconds(1)), Catch::Contains("already"));
}

TEST_CASE("File names are safe, and one for each student") {
  CHECK(safe_file_name("alice.b-c_1") == "alice.b-c_1");
  CHECK(safe_file_name(".hidden") == "%2Ehidden");
  CHECK(safe_file_name("-o") == "%2Do");
  CHECK(safe_file_name("../x") == "%2E.%2Fx");
  CHECK(safe_file_name("a%2F") == "a%252F");
  CHECK(safe_file_name("\xe5\xbc\xa0") == "%E5%BC%A0");
  const std::string one = safe_file_name(std::string(300, 'a') + "1");
  const std::string other = safe_file_name(std::string(300, 'a') + "2");
  CHECK(one != other);
  CHECK(one.size() < 200);
}
