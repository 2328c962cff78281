// SPDX-License-Identifier: BSD-2-Clause
//
// `shmpath run LAB --step` on a real terminal, as a student uses it, and without one. In
// the VM: tests/vm/step_test.cpp.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "tests/live/terminal.h"

using namespace live;
namespace fs = std::filesystem;

namespace {

const std::string lab_01 = shmpath() + " run 01 --step --place host --view tracepoints";
constexpr const char* question = "q (quit):";

// The processes whose program lies in build/labs, with their state.
std::vector<std::string> lab_processes() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::error_code gone;
    const fs::path program = fs::read_symlink(entry.path() / "exe", gone);
    if (gone || !program.string().starts_with(labs_folder().string())) continue;
    const std::string stat = read_file(entry.path() / "stat");
    found.push_back(program.filename().string() + " " + stat.substr(stat.rfind(')') + 2, 1));
  }
  return found;
}

// The process that started the lab's; 0 when none runs.
pid_t parent_of_lab() {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::error_code gone;
    const fs::path program = fs::read_symlink(entry.path() / "exe", gone);
    if (gone || !program.string().starts_with(labs_folder().string())) continue;
    const std::string stat = read_file(entry.path() / "stat");
    return std::atoi(stat.c_str() + stat.rfind(')') + 4);
  }
  return 0;
}

class Scene {
 public:
  Scene() : shared_(shared_objects()), loaded_(bpf_objects()) {}
  void require_nothing_left() const {
    CHECK(lab_processes().empty());
    CHECK(shared_objects() == shared_);
    CHECK(bpf_objects_left(loaded_).empty());
  }

 private:
  std::set<std::string> shared_, loaded_;
};

// The letter of each right answer, in the order of the steps, as they are told without a terminal.
std::vector<std::string> right_answers() {
  const Outcome run = run_command({{"sh", "-c", lab_01 + " </dev/null 2>&1"}});
  static const std::regex shape(R"(\nthe answer: ([a-d])\.)");
  std::vector<std::string> letters;
  for (auto match = std::sregex_iterator(run.out.begin(), run.out.end(), shape);
       match != std::sregex_iterator(); ++match)
    letters.push_back((*match)[1]);
  CAPTURE(run.out);
  REQUIRE(letters.size() == 13);
  return letters;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

// The state of the lab's process while the question stands there.
void require_stopped(const std::string& program) {
  CHECK(lab_processes() == std::vector<std::string>{program + " T"});
}

}  // namespace

TEST_CASE("a lab waits before each step, and tells a right answer from a wrong one") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("tmux");
  const std::vector<std::string> right = right_answers();
  const Scene scene;
  const Terminal terminal(80, 50, lab_01);
  REQUIRE(terminal.wait_for("a-d, Enter"));
  CHECK(terminal.window().find("step(\"create the object\")") != std::string::npos);
  CHECK(terminal.window().find("what will the kernel do?") != std::string::npos);
  CHECK(terminal.all().find("what the kernel did") == std::string::npos);
  require_stopped("posix_shm");
  CHECK_FALSE(fs::exists("/dev/shm/shmtest"));  // the step is yet to come
  terminal.press({right[0], "Enter"});
  REQUIRE(terminal.wait_for("right: it is " + right[0] + "."));
  CHECK(fs::exists("/dev/shm/shmtest"));
  CHECK(terminal.all().find("shm_open(\"shmtest\"") != std::string::npos);
  CHECK(terminal.all().find("ftruncate(") == std::string::npos);
  REQUIRE(terminal.wait_for("a-d, Enter", 2));  // below the result, where there is room
  terminal.press({right[1] == "a" ? "b" : "a", "Enter"});
  REQUIRE(terminal.wait_for("wrong: it is " + right[1] + "."));
  terminal.press({"q", "Enter"});
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 0);
  CHECK(terminal.all().find("score: 1 right, 1 wrong") != std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("in a window of 80x24 every question and every result can be read whole") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("tmux");
  const Scene scene;
  const Terminal terminal(80, 24, lab_01);
  // Enter until the lab has ended: after each, one more prompt stands there, or it has
  std::size_t prompts = 0;
  while (terminal.status() < 0 && prompts < 60) {
    REQUIRE(terminal.wait_for(question, ++prompts));
    const std::string window = terminal.window();
    CAPTURE(window);
    CHECK(widest_line(window) <= 80);
    // what the prompt is about begins in the same window
    CHECK(("\n" + window).find("\n--- ") != std::string::npos);
    terminal.press({"Enter"});
    for (int tries = 0; tries < 100 && terminal.status() < 0; ++tries) {
      const std::string all = terminal.all();
      std::size_t count = 0;
      for (auto at = all.find(question); at != std::string::npos; at = all.find(question, at + 1))
        ++count;
      if (count > prompts) break;
      usleep(50000);
    }
  }
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 0);
  CHECK(terminal.all().find("score: 0 right, 0 wrong, 13 without an answer") != std::string::npos);
  CHECK(terminal.all().find("\ncomplete: ") != std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("q leaves before the first step, and what is no answer is said") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("tmux");
  const Scene scene;
  const Terminal terminal(80, 24, lab_01);
  REQUIRE(terminal.wait_for("a-d, Enter"));
  terminal.press({"x", "Enter"});
  REQUIRE(terminal.wait_for("`x`: no such choice"));
  require_stopped("posix_shm");
  terminal.press({"q", "Enter"});
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 0);
  CHECK(terminal.all().find("Left early") != std::string::npos);
  CHECK(terminal.all().find("what the kernel did") == std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("Ctrl-C leaves, and the lab removes what it made") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("tmux");
  const Scene scene;
  const Terminal terminal(80, 50, lab_01);
  REQUIRE(terminal.wait_for("a-d, Enter"));
  terminal.press({"Enter"});
  REQUIRE(terminal.wait_for("step 2 of 11"));
  REQUIRE(fs::exists("/dev/shm/shmtest"));
  terminal.press({"C-c"});
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 0);
  CHECK(terminal.all().find("Left early") != std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("a window that is resized is written to its new width") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("tmux");
  const Scene scene;
  const Terminal terminal(120, 40, lab_01);
  REQUIRE(terminal.wait_for("a-d, Enter"));
  CHECK(widest_line(terminal.window()) > 80);
  terminal.resize(60, 20);
  terminal.press({"Enter"});
  REQUIRE(terminal.wait_for("step 1: what the kernel did"));
  REQUIRE(terminal.wait_for(question, 2));
  const std::string all = terminal.all();
  CAPTURE(all);
  const std::string rule = "--- step 1: what the kernel did ";
  const auto at = all.find(rule);
  CHECK(all.substr(at, all.find('\n', at) - at) == rule + std::string(60 - rule.size(), '-'));
  terminal.press({"C-c"});
  REQUIRE(terminal.wait_for("ended"));
  scene.require_nothing_left();
}

TEST_CASE("a shmpath that is killed leaves no lab stopped and no object behind") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("tmux");
  const Scene scene;
  const Terminal terminal(80, 50, lab_01);
  REQUIRE(terminal.wait_for("a-d, Enter"));
  terminal.press({"Enter"});
  REQUIRE(terminal.wait_for("step 2 of 11"));
  REQUIRE(fs::exists("/dev/shm/shmtest"));
  const pid_t tracer = parent_of_lab();
  REQUIRE(tracer > 1);
  kill(tracer, SIGKILL);
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 128 + SIGKILL);
  for (int tries = 0; tries < 100 && !lab_processes().empty(); ++tries) usleep(50000);
  scene.require_nothing_left();
}

TEST_CASE("without a terminal the same is shown, and nothing waits") {
  NEEDS_ROOT();
  const Scene scene;
  const Outcome run = run_command({{"sh", "-c", lab_01}});
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
  CHECK(run.out.empty());
  for (int step = 1; step <= 11; ++step) {
    CHECK(run.err.find("posix_shm: step " + std::to_string(step) + " of 11") != std::string::npos);
    CHECK(run.err.find("--- step " + std::to_string(step) + ": what the kernel did") !=
          std::string::npos);
  }
  CHECK(run.err.find("C01 holds: ") != std::string::npos);  // what the lab prints
  CHECK(run.err.find("complete: ") != std::string::npos);
  CHECK(run.err.find(question) == std::string::npos);
  CHECK(run.err.find('\033') == std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("no wrong answer of any lab turns out to be true") {
  NEEDS_ROOT();
  for (const auto& entry : fs::directory_iterator(labs_folder())) {
    const std::string lab = entry.path().filename().string();
    if (!fs::exists(entry.path() / "flow.toml")) continue;
    const Scene scene;
    const Outcome run = run_command(
        {{shmpath(), "run", lab, "--step", "--place", "host", "--view", "tracepoints"}});
    CAPTURE(lab, run.status, run.err);  // a lab whose drivers are missing stops early
    CHECK(run.err.find(": step 1 of ") != std::string::npos);
    CHECK(run.err.find("Seen too") == std::string::npos);
    CHECK(run.err.find("nothing is documented for this step, but") == std::string::npos);
    scene.require_nothing_left();
  }
}
