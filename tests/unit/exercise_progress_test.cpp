// SPDX-License-Identifier: BSD-2-Clause
//
// The progress file, whole and broken, and the folder that it lies in.
#include "classroom/exercise_progress.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "classroom/exercise_folder.h"
#include "classroom/folder_watch.h"
#include "tests/catch.h"
#include "tests/paths.h"
#include "tracer/failure.h"
#include "tracer/files.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

class Scratch {
 public:
  Scratch() {
    std::string name = fs::temp_directory_path() / "shmpath-exercise-XXXXXX";
    path = mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path path;
};

const ExerciseProgress some{"01-repair-a-leak", 7, 10, 3, 2, {"normal", "at-once"}, {"a1b2c3d4"}};

std::string changed(const std::string& what, const std::string& with) {
  std::string text = progress_text(some);
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

std::vector<ExerciseKit> kits() { return load_exercises(source_dir + "/exercises"); }

std::string failure_of(const std::vector<ExerciseKit>& kits, const std::string& which) {
  try {
    find_workplace(kits, which);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "found";
}

}  // namespace

TEST_CASE("Progress is read back as it was written") {
  CHECK(parse_progress(progress_text(some)) == some);
  CHECK(parse_progress(progress_text({})) == std::nullopt);  // of no exercise
}

TEST_CASE("What is no progress is refused, however it is broken") {
  for (const std::string& text : {std::string(),
                                  std::string("{"),
                                  std::string("[]"),
                                  std::string("null"),
                                  std::string("{\"format\":\"shmpath.progress/1\"}"),
                                  std::string(60000, '['),
                                  std::string(progress_limit + 1, ' '),
                                  std::string("\xff\xfe"),
                                  changed("/1\"", "/2\""),
                                  changed("7", "-7"),
                                  changed("7", "7.5"),
                                  changed("7", "1e99"),
                                  changed("7", "99999999999999999999"),
                                  changed("7", "4294967296"),
                                  changed("7", "\"7\""),
                                  changed("\"normal\"", "\"\\u001b[2J\""),
                                  changed("\"normal\"", "1"),
                                  changed("\"normal\"", "[[[]]]"),
                                  changed("01-repair", "../01-repair"),
                                  changed("\"a1b2c3d4\"", "\"\""),
                                  changed("\"hints\"", "\"hint\"")}) {
    CAPTURE(text.substr(0, 200));
    CHECK_FALSE(parse_progress(text));
  }
  CHECK(parse_progress(changed("7", "8"))->best == 8);
}

TEST_CASE("Only the last nonces are kept, each once") {
  ExerciseProgress progress = some;
  for (int i = 0; i < 100; i++) add_nonce(progress, "nonce" + std::to_string(i / 2));
  CHECK(progress.nonces.size() == 16);
  CHECK(progress.nonces.back() == "nonce49");
  CHECK(progress.nonces.front() == "nonce34");
}

TEST_CASE("No file is written over another, and none through a link") {
  const Scratch scratch;
  const StudentFolder folder = StudentFolder::make(scratch.path / "new");
  CHECK_THROWS_AS(StudentFolder::make(scratch.path / "new"), Failure);
  folder.write("a.cpp", "mine");
  CHECK_THROWS_AS(folder.write("a.cpp", "yours"), Failure);
  CHECK(folder.read("a.cpp", 4) == "mine");
  CHECK_FALSE(folder.read("a.cpp", 3));
  fs::create_symlink("a.cpp", folder.path() / "link");
  CHECK_FALSE(folder.read("link", 100));
  CHECK_THROWS_AS(folder.write("link", "through"), Failure);
  folder.replace("link", "new");
  CHECK(folder.read("link", 100) == "new");
  CHECK(folder.read("a.cpp", 100) == "mine");
  CHECK(folder.set_aside("a.cpp") == "a.cpp~1~");
  folder.write("a.cpp", "second");
  CHECK(folder.set_aside("a.cpp") == "a.cpp~2~");
  CHECK(folder.read("a.cpp~1~", 100) == "mine");
  CHECK_THROWS_AS(folder.set_aside("a.cpp"), Failure);
  fs::create_directory(folder.path() / "folder");
  CHECK_FALSE(folder.read("folder", 100));
  CHECK_THROWS_AS(folder.replace("folder", "x"), Failure);
  for (const auto& entry : fs::directory_iterator(folder.path()))
    CHECK(entry.path().filename().string()[0] != '.');  // no draft stays
}

TEST_CASE("Progress that is broken or another exercise's is set aside, and that is said") {
  const Scratch scratch;
  const StudentFolder folder(scratch.path);
  const auto all = kits();
  std::string said;
  CHECK(load_progress(folder, all[0], said).exercise == "01-repair-a-leak");
  CHECK(said.empty());
  folder.write(progress_file, progress_text(some));
  CHECK(load_progress(folder, all[0], said) == some);
  CHECK(said.empty());
  CHECK(load_progress(folder, all[1], said).best == 0);
  CHECK(said.find("it is of 01-repair-a-leak; it is now .shmpath-progress.json~1~") !=
        std::string::npos);
  folder.write(progress_file, "{{{{");
  said.clear();
  CHECK(load_progress(folder, all[0], said).best == 0);
  CHECK(said.find("it is no progress file") != std::string::npos);
  CHECK(folder.has(".shmpath-progress.json~2~"));
  fs::create_symlink("/etc/passwd", scratch.path / progress_file);
  CHECK(load_progress(folder, all[0], said).best == 0);
  CHECK(folder.has(".shmpath-progress.json~3~"));
  CHECK(save_progress(folder, some, said));
  CHECK(load_progress(folder, all[0], said) == some);
}

TEST_CASE("An exercise is found by number, name, folder or the progress in it") {
  const Scratch scratch;
  const auto all = kits();
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path);
  fs::create_directory("02-posix-writer-reader");
  StudentFolder mine = StudentFolder::make("mine");
  mine.write(progress_file, progress_text(some));
  CHECK(find_workplace(all, "2").kit.exercise.number == 2);
  CHECK(find_workplace(all, "posix-writer-reader").folder.filename() == "02-posix-writer-reader");
  CHECK(find_workplace(all, "./02-posix-writer-reader").kit.exercise.number == 2);
  CHECK(find_workplace(all, "mine").kit.exercise.number == 1);
  CHECK(failure_of(all, "1").find("there is no folder 01-repair-a-leak here") != std::string::npos);
  CHECK(failure_of(all, "").find("cannot tell which exercise is in") == 0);
  CHECK(failure_of(all, "77").find("unknown exercise 77: the exercises are 01-") == 0);
  CHECK(failure_of(all, "./nowhere").find("cannot open the folder ./nowhere: No such") == 0);
  fs::current_path(scratch.path / "mine");
  CHECK(find_workplace(all, "").folder == mine.path());
  CHECK(find_workplace(all, "01").folder == mine.path());
  CHECK(failure_of(all, "02").find("cannot find exercise 02-posix-writer-reader") == 0);
  fs::current_path(before);
}

TEST_CASE("What a save is: a source, written or renamed, and nothing else") {
  for (const char* name : {"a.cpp", "a.c", "a.cc", "a.h", "a.hpp"}) CHECK(is_source_name(name));
  for (const char* name : {"", ".a.cpp.swp", ".a.cpp", "a.cpp~", "4913", "a.o", "keeper", "-a.cpp",
                           ".shmpath-progress.json", "README.md", "a.cpp~1~"})
    CHECK_FALSE(is_source_name(name));
  const Scratch scratch;
  FolderWatch watch(scratch.path);
  std::ofstream(scratch.path / "a.cpp") << "one";
  CHECK(watch.wait() == Saved::yes);
  std::ofstream(scratch.path / "4913") << "an editor's draft";
  fs::rename(scratch.path / "4913", scratch.path / "a.cpp");
  CHECK(watch.wait() == Saved::yes);
  fs::remove(scratch.path / "a.cpp");
  CHECK(watch.wait() == Saved::yes);
  std::ofstream(scratch.path / "no source") << "two";
  fs::rename(scratch.path, scratch.path.string() + "-moved");
  CHECK(watch.wait() == Saved::folder_gone);
  fs::rename(scratch.path.string() + "-moved", scratch.path);
}
