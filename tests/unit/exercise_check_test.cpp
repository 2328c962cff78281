// SPDX-License-Identifier: BSD-2-Clause
//
// What a student's check keeps, by a judge that judges nothing.
#include "classroom/exercise_check.h"

#include <cstdlib>
#include <filesystem>

#include "tests/catch.h"
#include "tests/paths.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

// A folder of exercise 01, and what its judge is to answer.
struct Scene {
  Scene() : all(load_exercises(source_dir + "/exercises")) {
    std::string name = fs::temp_directory_path() / "shmpath-check-XXXXXX";
    folder = mkdtemp(name.data());
    StudentFolder(folder).write("keeper.cpp", "int main() {}\n");
  }
  ~Scene() { fs::remove_all(folder); }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  ExerciseProgress progress() const {
    std::string said;
    const ExerciseProgress read = load_progress(StudentFolder(folder), all[0], said);
    CHECK(said.empty());
    return read;
  }

  std::vector<ExerciseKit> all;
  fs::path folder;
  JudgeReport answer;
  int begun = 0, judged = 0;
  std::vector<std::string> noted;  // the nonces that were kept when the judge began
  std::string given;               // to the last job
};

class FakeJudge : public Judge {
 public:
  explicit FakeJudge(Scene& scene) : scene_(scene) { scene_.begun++; }
  JudgeReport judge(const JudgeJob& job) override {
    scene_.judged++;
    scene_.given = job.runs.at(0).args.at(0);
    scene_.noted = scene_.progress().nonces;
    return scene_.answer;
  }

 private:
  Scene& scene_;
};

}  // namespace

TEST_CASE("A nonce is kept before anything runs, and a judge that failed is not asked again") {
  Scene scene;
  const Workplace work{scene.all[0], scene.folder};
  const Catalogue catalogue;
  Checker checker(work, catalogue, "auto", [&] { return std::make_unique<FakeJudge>(scene); });
  scene.answer.said = "no \033[31mluck";
  const Checked failed = checker.check();
  CHECK(failed.first);
  CHECK(failed.assessment.again);
  CHECK_FALSE(all_met(failed.assessment));
  REQUIRE_FALSE(scene.noted.empty());
  CHECK(scene.noted.back() == scene.given);
  CHECK(scene.begun == 1);
  CHECK(scene.progress().attempts == 1);

  scene.answer.end = JudgeEnd::not_built;
  scene.judged = 0;
  const Checked unbuilt = checker.check();
  CHECK(scene.begun == 2);  // another judge than the one that failed
  CHECK_FALSE(unbuilt.first);
  CHECK(unbuilt.assessment.graded);
  checker.check();
  CHECK(scene.begun == 2);  // the same for both
  CHECK(scene.judged == 2);
  CHECK(scene.progress().attempts == 3);
  CHECK(scene.progress().best == 0);
}

TEST_CASE("The files of which a student knows are not told of, and others are") {
  Scene scene;
  const StudentFolder folder(scene.folder);
  for (const char* name : {"keeper", "keeper.cpp~1~", "notes.txt"}) folder.write(name, "mine");
  folder.write("Makefile", "all:\n");
  for (const SubmissionFile& file : scene.all[0].handout)
    if (file.name == "README.md") folder.write(file.name, file.bytes);
  const Workplace work{scene.all[0], scene.folder};
  const Catalogue catalogue;
  Checker checker(work, catalogue, "auto", [&] { return std::make_unique<FakeJudge>(scene); });
  scene.answer.end = JudgeEnd::not_built;
  const auto left_out = checker.check().assessment.left_out;
  REQUIRE(left_out.size() == 2);
  CHECK(left_out[0].find("Makefile: ") == 0);  // it is not the one that was handed out
  CHECK(left_out[1].find("notes.txt: ") == 0);
}
