// SPDX-License-Identifier: BSD-2-Clause
//
// `shmpath exercise` as a student uses it, who is not root: in the syscalls view, on this machine.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/live/other_process.h"
#include "tests/live/terminal.h"

using namespace live;
namespace fs = std::filesystem;

namespace {

constexpr uid_t nobody = 65534;
using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

fs::path solution(const std::string& name) { return source_folder() / "solutions" / name; }

// A folder of an ordinary user, who works in it. What stays of the judges is looked for.
class Student {
 public:
  explicit Student() : shared_(shared_objects()), judges_(judges()) {
    if (geteuid() == 0) chown(folder_.path().c_str(), nobody, nobody);
    here_ = folder_.path();
  }
  void go(const std::string& where) { here_ = folder_ / where; }
  fs::path operator/(const std::string& name) const { return here_ / name; }
  Outcome run(Words words) const {
    words.insert(words.begin(), {shmpath(), "exercise"});
    return command(std::move(words));
  }
  Outcome check(Words more = {}) const {
    more.insert(more.begin(), {"check", "--place", "host", "--view", "syscalls"});
    return run(std::move(more));
  }
  Outcome command(Words words) const {
    Command command{as_ordinary_user(std::move(words))};
    command.directory = here_;
    return run_command(std::move(command));
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(here_ / name) << text;
  }
  void require_nothing_left() const {
    CHECK(shared_objects() == shared_);
    CHECK(judges() == judges_);
  }

 private:
  static std::set<std::string> judges() {
    std::set<std::string> there;
    for (const auto& entry : fs::directory_iterator(fs::temp_directory_path()))
      if (entry.path().filename().string().starts_with("shmpath-judge-"))
        there.insert(entry.path().string());
    return there;
  }
  std::set<std::string> shared_, judges_;
  TempFolder folder_;
  fs::path here_;
};

}  // namespace

TEST_CASE("a student starts an exercise, checks it, solves it, and each time is told so") {
  NEEDS_ORDINARY_USER();
  Student student;
  const Outcome start = student.run({"start", "01"});
  CAPTURE(start.err);
  REQUIRE(start.status == 0);
  CHECK(has(start.out, "Read 01-repair-a-leak/README.md, then:"));
  for (const char* name : {"keeper.cpp", "Makefile", "README.md", "README.zh.md"})
    CHECK(read_file(student / "01-repair-a-leak" / name) ==
          read_file(source_folder() / "exercises" / "01-repair-a-leak" / name));
  const Outcome again = student.run({"start", "01"});
  CHECK(again.status == 125);
  CHECK(has(again.err, "cannot make the folder 01-repair-a-leak: File exists"));

  const Outcome handout = student.check({"1"});
  CAPTURE(handout.out, handout.err);
  CHECK(handout.status == 1);
  CHECK(handout.out.starts_with("01-repair-a-leak: on the host, syscalls view (as asked)\n"));
  CHECK(has(handout.out, "\nmet      1/1    Nothing is left when main returns.\n"));
  CHECK(has(handout.out, "\nnot met  0/3    Nothing is left when main returns early"));
  CHECK(has(handout.out, "think     The object outlives exit"));
  CHECK(has(handout.out, "seen      left behind: /dev/shm/keeper-"));
  CHECK(has(handout.out, "look at   shmpath run 11"));
  CHECK(has(handout.out, "openat(AT_FDCWD, \"/dev/shm/keeper-"));
  CHECK(has(handout.out, "1 of 10 points; 1 of 4 lines are met"));
  CHECK_FALSE(has(handout.out, "left out"));
  CHECK_FALSE(has(handout.out, "\033"));

  student.go("01-repair-a-leak");
  student.put("keeper.cpp", read_file(solution("01-repair-a-leak") / "keeper.cpp"));
  student.put("notes.txt", "mine");
  const Outcome solved = student.check();
  CAPTURE(solved.out, solved.err);
  CHECK(solved.status == 0);
  CHECK(has(solved.out, "10 of 10 points; 4 of 4 lines are met\nnow met: error, quit, signal\n"));
  CHECK(has(solved.out, "left out  notes.txt: "));
  CHECK(has(student.run({"list"}).out, "Repair a leak  [10 points; best 10 of 10]"));
  const Json json = Json::parse(student.check({"--json"}).out);
  CHECK(json.value("points", 0) == 10);
  CHECK(has(student.check({"--lang", "zh", "--color", "always"}).out, "\033[32m达到\033[0m"));
  student.require_nothing_left();
}

TEST_CASE("with the exercises as students get them, a solution is told what is not asked there") {
  NEEDS_ORDINARY_USER();
  NEEDS_PROGRAM("python3");
  Student student;
  const TempFolder folder;
  const std::string kit = folder / "exercises";
  const Outcome exported =
      run_command({{"python3", source_folder() / "tools/exercises.py", "--export", kit}});
  CAPTURE(exported.err);
  REQUIRE(exported.status == 0);
  fs::permissions(folder.path(), fs::perms(0755));
  REQUIRE(student.run({"--exercises", kit, "start", "02"}).status == 0);
  student.go("02-posix-writer-reader");
  for (const char* source : {"writer.cpp", "reader.cpp"})
    student.put(source, read_file(solution("02-posix-writer-reader") / source));
  const Outcome solved = student.check({"--exercises", kit});
  CAPTURE(solved.out, solved.err);
  CHECK(solved.status == 0);
  CHECK(has(solved.out, "9 of 9 points; 7 of 7 lines are met\n1 point more for what is not asked"));
  student.require_nothing_left();
}

TEST_CASE("the compiler's words reach the student, but no control character") {
  NEEDS_ORDINARY_USER();
  Student student;
  REQUIRE(student.run({"start", "sysv-lifetime", "mine"}).status == 0);
  student.go("mine");
  student.put("lifetime.cpp", "#error \"\033[31mred\033]0;title\007\"\n");
  const Outcome check = student.check();
  CAPTURE(check.out, check.err);
  CHECK(check.status == 1);
  CHECK(has(check.out, "It does not build"));
  CHECK(has(check.out, "lifetime.cpp:1:2: error: #error"));
  CHECK(has(check.out, "0 of 10 points"));
  CHECK_FALSE(has(check.out, "\033"));
  CHECK_FALSE(has(check.out, "not met"));  // nothing ran: there is nothing to say of lines
  fs::remove(student / "lifetime.cpp");
  CHECK(student.check().status == 1);
  student.require_nothing_left();
}

TEST_CASE("each hint gives away more, and the next is remembered") {
  NEEDS_ORDINARY_USER();
  Student student;
  CHECK(has(student.run({"hint", "02"}).out, "Hint 1 of 3: "));  // not begun: not remembered
  CHECK(has(student.run({"hint", "02"}).out, "Hint 1 of 3: "));
  REQUIRE(student.run({"start", "01"}).status == 0);
  student.go("01-repair-a-leak");
  CHECK(has(student.run({"hint"}).out, "Hint 1 of 3: "));
  CHECK(has(student.run({"hint", "--lang", "zh"}).out, "提示 2/3："));
  CHECK(has(student.run({"hint", "--level", "1"}).out, "Hint 1 of 3: "));
  CHECK(has(student.run({"hint"}).out, "Hint 3 of 3: "));
  CHECK(has(student.run({"hint"}).out, "All hints have been shown"));
  const std::string all = student.run({"hint", "--all"}).out;
  CHECK((has(all, "Hint 1 of 3") && has(all, "Hint 2 of 3") && has(all, "Hint 3 of 3")));
  CHECK(has(student.run({"hint", "--level", "4"}).err, "01-repair-a-leak has 3 hints"));
  student.put(".shmpath-progress.json", "\033[2J{{{");
  const Outcome broken = student.run({"hint"});
  CHECK(broken.status == 0);
  CHECK(has(broken.err, "it is no progress file; it is now .shmpath-progress.json~1~"));
  CHECK_FALSE(has(broken.err, "\033"));
}

TEST_CASE("names, folders and places that there are not are refused by name") {
  NEEDS_ORDINARY_USER();
  Student student;
  const std::map<Words, std::string> refused{
      {{"start", "77"}, "unknown exercise 77: the exercises are 01-repair-a-leak, "},
      {{"check", "01"},
       "there is no folder 01-repair-a-leak here; begin with shmpath exercise start"},
      {{"check"}, "it has neither a progress file nor the name of an exercise"},
      {{"check", "./nowhere"}, "cannot open the folder ./nowhere: No such file or directory"},
      {{"reset"}, "cannot tell which exercise is in "},
      {{"watch", "/"}, "cannot tell which exercise is in /"},
      {{"start", "01", "/proc/there"}, "cannot make the folder /proc/there: "}};
  for (const auto& [words, said] : refused) {
    const Outcome outcome = student.run(words);
    CAPTURE(words, outcome.err);
    CHECK(outcome.status == 125);
    CHECK(has(outcome.err, said));
  }
  REQUIRE(student.run({"start", "09"}).status == 0);
  const Outcome here = student.run({"check", "09", "--place", "host"});
  CHECK(here.status == 125);
  CHECK(has(here.err, "cannot check 09-udmabuf here: not on the host: what it needs is in the VM"));
}

TEST_CASE("under sudo an exercise belongs to the person who asked for it") {
  NEEDS_ROOT();
  Student student;
  Command command{{shmpath(), "exercise", "start", "02"}};
  command.environment = {{"SUDO_UID", "65534"}, {"SUDO_GID", "65534"}, {"SUDO_USER", "nobody"}};
  command.directory = student / ".";
  const Outcome start = run_command(command);
  CAPTURE(start.err);
  REQUIRE(start.status == 0);
  for (const auto& entry : fs::recursive_directory_iterator(student / ".")) {
    struct stat info {};
    REQUIRE(lstat(entry.path().c_str(), &info) == 0);
    CHECK(info.st_uid == nobody);
    CHECK(info.st_gid == nobody);
  }
  command.argv = {shmpath(), "exercise", "start", "02", "/root/shmpath-not-there"};
  CHECK(run_command(command).status == 125);
  CHECK_FALSE(fs::exists("/root/shmpath-not-there"));
}

TEST_CASE("reset puts the files back, keeps the student's, and removes what the programs left") {
  NEEDS_ORDINARY_USER();
  NEEDS_PROGRAM("ipcmk");
  Student student;
  REQUIRE(student.run({"start", "01"}).status == 0);
  student.go("01-repair-a-leak");
  REQUIRE(student.command({"make", "keeper"}).status == 0);
  REQUIRE(student.command({"./keeper", "byhand", "quit"}).status == 3);
  REQUIRE(fs::exists("/dev/shm/keeper-byhand-quit"));
  fs::copy_file(target("hold_segment"), student / "holder");
  Command hold{as_ordinary_user({(student / "holder").string()})};
  Process holder(hold);
  REQUIRE(holder.wait_for_output("ready "));
  const auto made = student.command({"ipcmk", "-M", "4096"}).out;  // whose maker has ended
  const std::string stray = made.substr(made.rfind(' ') + 1, made.size() - made.rfind(' ') - 2);
  student.put("keeper.cpp", "int main() {}\n");

  const Outcome unasked = student.run({"reset"});
  CHECK(unasked.status == 125);
  CHECK(has(unasked.err, "cannot ask whether to go on: standard input is no terminal; give --yes"));
  CHECK(fs::exists("/dev/shm/keeper-byhand-quit"));

  const Outcome objects = student.run({"reset", "--yes", "--objects"});
  CAPTURE(objects.out, objects.err);
  CHECK(objects.status == 0);
  CHECK(has(objects.out, "/dev/shm/keeper-byhand-quit: removed"));
  CHECK_FALSE(fs::exists("/dev/shm/keeper-byhand-quit"));
  CHECK(has(objects.out, "process " + std::to_string(said_pid(holder.output()))));
  CHECK(has(objects.out, "of 4096 bytes: removed"));
  CHECK(has(objects.out, "4096 bytes: ipcrm -m " + stray + "\n"));
  CHECK(read_file(student / "keeper.cpp") == "int main() {}\n");
  CHECK(holder.finish().status == 128 + SIGKILL);
  CHECK(student.command({"ipcrm", "-m", stray}).status == 0);  // it was still there

  for (const char* kept : {"keeper.cpp~1~", "keeper.cpp~2~"}) {
    CHECK(has(student.run({"reset", "--yes"}).out, std::string("yours is ") + kept));
    CHECK(read_file(student / kept) == "int main() {}\n");
    CHECK(has(read_file(student / "keeper.cpp"), "TODO"));
    student.put("keeper.cpp", "int main() {}\n");
  }
  student.run({"reset", "--yes"});
  CHECK(has(student.run({"reset"}).out, "There is nothing to reset."));
  student.require_nothing_left();
}

TEST_CASE("watch checks again after each save, however it is made, until Ctrl-C") {
  NEEDS_ORDINARY_USER();
  NEEDS_PROGRAM("tmux");
  Student student;
  REQUIRE(student.run({"start", "01"}).status == 0);
  student.go("01-repair-a-leak");
  std::string line = "cd " + (student / ".").string() + " &&";
  for (const std::string& word :
       as_ordinary_user({shmpath(), "exercise", "watch", "--place", "host", "--view", "syscalls"}))
    line += " " + word;
  const Terminal terminal(100, 60, line);
  REQUIRE(terminal.wait_for("1 of 10 points"));
  REQUIRE(terminal.wait_for("checked in"));
  // as an editor does: written beside, and renamed
  student.put("4913", read_file(solution("01-repair-a-leak") / "keeper.cpp"));
  fs::rename(student / "4913", student / "keeper.cpp");
  REQUIRE(terminal.wait_for("10 of 10 points"));
  CHECK(terminal.wait_for("now met: error, quit, signal"));
  student.put("keeper.cpp", "int main() { return 0 }\n");
  REQUIRE(terminal.wait_for("It does not build"));
  CHECK(terminal.wait_for("no longer met: normal, error, quit, signal"));
  CHECK(terminal.wait_for("Ctrl-C ends this"));
  terminal.press({"C-c"});
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 0);
  student.require_nothing_left();
}
