// SPDX-License-Identifier: BSD-2-Clause
//
// exercise.toml: what is accepted, and that each slip is refused with its file and line.
#include "tracer/rubric_file.h"

#include <filesystem>

#include "tests/catch.h"
#include "tests/paths.h"
#include "tracer/failure.h"
#include "tracer/files.h"

using namespace shmpath;

namespace {

const std::string head = R"(number = 2
name = "an-exercise"
title = { en = "A title", zh = "标题" }
points = 5
programs = ["writer"]
views = ["functions", "tracepoints"]
)";
const std::string run = "[[run]]\nprogram = \"writer\"\n";
const std::string texts =
    "text = { en = \"It is so.\", zh = \"如此。\" }\nfailed = { en = \"It is not.\", zh = "
    "\"不然。\" }\n";

std::string line(const std::string& id, const std::string& points, const std::string& rest) {
  return "[[line]]\nid = \"" + id + "\"\npoints = " + points + "\n" + texts + rest;
}

const std::string calls = "check = \"call\"\n[[line.see]]\ncall = \"mmap\"\n";
const std::string ends = "check = \"exit\"\nrun = \"writer\"\ncode = 0\n";
const std::string given = "[[line.given]]\ncall = \"mmap\"\n";

std::string refusal(const std::string& text) {
  try {
    parse_exercise(text, "solutions/02-x/exercise.toml");
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("An exercise is read with its runs, its hints and its lines") {
  const Exercise exercise = parse_exercise(
      head + "needs = \"root\"\nseconds = 7\n" + run +
          "[[hint]]\nlevel = 1\ntext = { en = \"Think.\", zh = \"想。\" }\n" +
          line("a", "2", "hidden = true\nlab = \"01\"\n" + calls) + line("b", "3", ends),
      "exercise.toml");
  CHECK(exercise.id() == "02-an-exercise");
  CHECK(exercise.runs[0].name == "writer");
  CHECK(exercise.seconds == 7);
  CHECK(exercise.needs == std::vector<std::string>{"root"});
  CHECK(exercise.hints[0].text.zh == "想。");
  REQUIRE(exercise.lines.size() == 2);
  CHECK(exercise.lines[0].hidden);
  CHECK(exercise.lines[0].see[0].call == std::vector<std::string>{"mmap"});
  CHECK(exercise.lines[1].check == CheckKind::exit);
  CHECK(exercise.lines[1].code == 0);
}

TEST_CASE("The lines of an exercise add up to its points, with those that are hidden") {
  CHECK(refusal(head + run + line("a", "5", calls)) == "accepted");
  CHECK(refusal(head + run + line("a", "4", calls)) ==
        "cannot read solutions/02-x/exercise.toml:1: the exercise is worth 5 points, and its lines "
        "add up to 4; see docs/writing-exercises.md for the format");
  CHECK(refusal(head + "hidden_points = 1\n" + run + line("a", "4", calls)) == "accepted");
  CHECK(refusal(head + "hidden_points = 1\n" + run + line("a", "5", calls)) != "accepted");
}

TEST_CASE("No line is counted twice") {
  CHECK(refusal(head + run + line("a", "2", calls) + line("a", "3", ends))
            .find("`a` is there twice") != std::string::npos);
  const std::string same = refusal(head + run + line("a", "2", calls) + line("b", "3", calls));
  CHECK(same.find("exercise.toml:17: a line `b` asks what `a` asks") != std::string::npos);
  CHECK(refusal(head + run + line("a", "2", calls) + line("b", "3", calls + "min = 2\n")) ==
        "accepted");
}

TEST_CASE("An unknown check is refused by file and line") {
  CHECK(refusal(head + run + line("a", "5", "check = \"magic\"\n")) ==
        "cannot read solutions/02-x/exercise.toml:9: a line names the unknown check `magic`: there "
        "are call, faults, order, same_object, nothing_left, no_copy, forbidden, exit, output, "
        "tally; see docs/writing-exercises.md for the format");
}

TEST_CASE("A check that could not fail, or that lacks what it asks for, is refused") {
  const auto refused = [](const std::string& rest) {
    INFO(rest);
    CHECK(refusal(head + run + line("a", "5", rest)) != "accepted");
  };
  const std::string see = "[[line.see]]\ncall = \"mmap\"\n";
  refused("check = \"call\"\n");
  refused("check = \"call\"\nbytes = 3\n" + see);
  refused("check = \"call\"\n[[line.see]]\ncall = \"mmap\"\nprogram = \"nobody\"\n");
  refused("check = \"faults\"\n" + see);
  refused("check = \"faults\"\nmax = 0\n" + see + see);
  refused("check = \"order\"\n" + see);
  refused("check = \"order\"\nwithin = \"day\"\n" + see + see);
  refused("check = \"same_object\"\n" + see + see);
  refused("check = \"same_object\"\nvalue = [\"a\", \"b\", \"c\"]\n" + see + see);
  refused("check = \"nothing_left\"\nrun = \"writer\"\nobject = \"file\"\n");
  refused("check = \"nothing_left\"\nrun = \"writer\"\nobject = \"dust\"\n");
  refused("check = \"nothing_left\"\nrun = \"nobody\"\nobject = \"segment\"\n");
  refused("check = \"no_copy\"\nrun = \"writer\"\nbytes = 9\n");
  refused("check = \"no_copy\"\nrun = \"writer\"\n" + given);
  refused("check = \"forbidden\"\n" + see);
  refused("check = \"forbidden\"\n" + see + "min = 1\n" + given);
  refused("check = \"exit\"\nrun = \"writer\"\n");
  refused("check = \"exit\"\nrun = \"writer\"\ncode = 0\nsignal = 9\n");
  refused("check = \"output\"\nrun = \"writer\"\n");
  const std::string tally = "check = \"tally\"\nrun = \"writer\"\n";
  const std::string row = "row = \"{nonce} {pid} {count}\"\n";
  CHECK(refusal(head + run + line("a", "5", tally + row + "min = 1\ntop = 1\n" + see)) ==
        "accepted");
  refused(tally + row + see);
  refused(tally + row + "min = 0\n" + see);
  refused(tally + row + "min = 2\ntop = 1\n" + see);
  refused(tally + row + "min = 1\n");
  refused(tally + row + "min = 1\n" + see + see);
  refused(tally + "min = 1\n" + see);
  refused(tally + "min = 1\nrow = \"{pid}{count}\"\n" + see);
  refused(tally + "min = 1\nrow = \"{nonce} {pid}\"\n" + see);
}

TEST_CASE("A slip in the head, a run or a hint is refused") {
  const std::string good = line("a", "5", calls);
  CHECK(refusal(head + good) != "accepted");  // no run
  CHECK(refusal(head + run + "beside = true\n" + good) != "accepted");
  CHECK(refusal(head + run + run + good) != "accepted");
  CHECK(refusal(head + "[[run]]\nprogram = \"other\"\n" + good) != "accepted");
  CHECK(refusal(head + "nedds = \"root\"\n" + run + good) != "accepted");
  CHECK(refusal(head + "needs = \"luck\"\n" + run + good) != "accepted");
  CHECK(refusal(head + run + "[[hint]]\nlevel = 2\ntext = { en = \"a\", zh = \"b\" }\n" + good) !=
        "accepted");
  CHECK(refusal(head + "needs = [\"bpf\", \"vm\"]\n" + run + good) == "accepted");
  CHECK(refusal(head + run + "[[line]\n").find("exercise.toml:9") != std::string::npos);
}

TEST_CASE("Every exercise of ours is accepted, and each text is there in both languages") {
  std::size_t count = 0;
  for (const char* folder : {"/solutions", "/exercises"})
    for (const auto& entry : std::filesystem::directory_iterator(source_dir + folder)) {
      if (!entry.is_directory()) continue;
      const std::string file = entry.path() / "exercise.toml";
      INFO(file);
      const Exercise exercise = parse_exercise(read_file(file).value(), file);
      CHECK(exercise.id() == entry.path().filename());
      CHECK(exercise.points == 10);
      CHECK(exercise.hints.size() == 3);
      count++;
    }
  CHECK(count > 0);
}
