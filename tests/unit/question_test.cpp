// SPDX-License-Identifier: BSD-2-Clause
//
// The questions of `run --step`: for every step of every lab, the right answer is documented and
// the others are not.
#include <algorithm>
#include <regex>
#include <set>

#include "tests/catch.h"
#include "tests/paths.h"
#include "tests/unit/events.h"
#include "tracer/files.h"
#include "tracer/lab_source.h"
#include "tracer/question.h"
#include "tracer/screen_text.h"

using namespace shmpath;

namespace {

struct Asked {
  const Flow& flow;
  const FlowStep& step;
  std::string source, helpers;
  Question question;
};

std::string text_of(const std::vector<SourceLine>& lines) {
  std::string text;
  for (const SourceLine& line : lines) text += line.text + "\n";
  return text;
}

// Calls `look` for every step of every lab of this repository.
template <typename Look>
void for_each_step(const Catalogue& catalogue, Look look) {
  for (const Flow& flow : catalogue.flows)
    for (const FlowStep& step : flow.steps) {
      const std::string program = read_file(flow.folder + "/" + step.program + ".cpp").value_or("");
      INFO(flow.id() << " " << step.program << " step " << step.number);
      const std::string source = text_of(lines_of_step(program, step.text.en, step.number));
      const std::string helpers = before_steps(program);
      look(Asked{flow, step, source, helpers,
                 make_question(flow, step, catalogue, source, helpers)});
    }
}

Catalogue all_labs() { return load_catalogue(source_dir + "/labs"); }

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

FlowStep step_with(std::string user, std::vector<std::string> syscall,
                   std::vector<std::string> kernel) {
  FlowStep step;
  step.program = "one";
  step.number = 1;
  step.user = std::move(user);
  step.syscall = std::move(syscall);
  step.kernel = std::move(kernel);
  return step;
}

}  // namespace

TEST_CASE("Every step of every lab has its source lines, which begin with its announcement") {
  const Catalogue catalogue = all_labs();
  std::size_t steps = 0;
  for_each_step(catalogue, [&](const Asked& asked) {
    steps++;
    const std::string text = std::regex_replace(asked.step.text.en, std::regex("\""), "\\\"");
    CHECK(asked.source.find("step(\"" + text + "\")") != std::string::npos);
    CHECK(std::count(asked.source.begin(), asked.source.end(), '\n') >= 2);
    CHECK(asked.source.find("step(\"") == asked.source.rfind("step(\""));
    CHECK(asked.helpers.find("step(\"") == std::string::npos);
  });
  CHECK(steps > 50);
}

TEST_CASE("Every step of every lab is asked about with three or four different choices") {
  const Catalogue catalogue = all_labs();
  for_each_step(catalogue, [&](const Asked& asked) {
    const auto& choices = asked.question.choices;
    CHECK((choices.size() == 3 || choices.size() == 4));
    REQUIRE(asked.question.right < choices.size());
    CHECK(choices.back().nothing());
    std::set<std::string> texts, chinese;
    for (const Choice& choice : choices) {
      texts.insert(choice_text(choice, false));
      chinese.insert(choice_text(choice, true));
    }
    CHECK(texts.size() == choices.size());
    CHECK(chinese.size() == choices.size());
  });
}

TEST_CASE("The right choice is what the flow documents for the step") {
  const Catalogue catalogue = all_labs();
  for_each_step(catalogue, [&](const Asked& asked) {
    const Choice& right = asked.question.choices[asked.question.right];
    CHECK(right == documented(asked.step, catalogue));
    CHECK(right.nothing() == (asked.step.syscall.empty() && asked.step.kernel.empty()));
    CHECK(right.syscall == asked.step.syscall);
    if (!right.function.empty()) CHECK(has(asked.step.kernel, right.function));
  });
}

TEST_CASE("No other choice is documented for the step, or named in its source") {
  const Catalogue catalogue = all_labs();
  for_each_step(catalogue, [&](const Asked& asked) {
    for (std::size_t i = 0; i < asked.question.choices.size(); i++) {
      if (i == asked.question.right) continue;
      const Choice& wrong = asked.question.choices[i];
      CAPTURE(choice_text(wrong, false));
      CHECK(is_wrong_for(wrong, asked.step, asked.source, asked.helpers));
      if (wrong.nothing()) continue;
      CHECK_FALSE(has(asked.step.kernel, wrong.function));
      for (const std::string& name : wrong.syscall) CHECK_FALSE(has(asked.step.syscall, name));
      if (!wrong.fault && wrong.user.empty())
        CHECK(asked.source.find(" " + wrong.syscall.front() + "(") == std::string::npos);
      if (!wrong.user.empty())
        CHECK(asked.source.find(" " + wrong.user + "(") == std::string::npos);
    }
  });
}

TEST_CASE("The questions are the same at every run, and the right answer is not always the same") {
  const Catalogue catalogue = all_labs(), again = all_labs();
  std::vector<std::string> texts;
  std::set<std::size_t> places;
  for_each_step(catalogue, [&](const Asked& asked) {
    places.insert(asked.question.right);
    for (const Choice& choice : asked.question.choices) texts.push_back(choice_text(choice, false));
  });
  std::size_t next = 0;
  for_each_step(again, [&](const Asked& asked) {
    for (const Choice& choice : asked.question.choices)
      CHECK(texts.at(next++) == choice_text(choice, false));
  });
  CHECK(places.size() == 4);
}

TEST_CASE("A choice is wrong only if no part of the step makes it true") {
  const FlowStep maps = step_with("mmap", {"mmap"}, {"do_mmap"});
  const Choice unlink{"shm_unlink", {"unlink"}, false, "shmem_unlink"};
  CHECK(is_wrong_for(unlink, maps, "  mmap(nullptr, 1);\n", ""));
  CHECK_FALSE(is_wrong_for(unlink, maps, "  shm_unlink(\"a\");\n", ""));
  CHECK_FALSE(is_wrong_for(unlink, maps, "", "static void f() { shm_unlink(\"a\"); }\n"));
  CHECK(is_wrong_for(unlink, maps, "my_shm_unlink(); shm_unlinked();", ""));
  CHECK_FALSE(is_wrong_for({"", {"mmap"}, false, "shm_mmap"}, maps, "", ""));
  CHECK_FALSE(is_wrong_for({"", {"mremap"}, false, "do_mmap"}, maps, "", ""));
  CHECK_FALSE(
      is_wrong_for({"", {"clone"}, false, "kernel_clone"}, maps, "  pid_t child = fork();\n", ""));
  const Choice fault{"", {}, true, "shmem_fault"};
  CHECK(is_wrong_for(fault, maps, "", ""));
  CHECK(is_wrong_for(fault, step_with("", {}, {"exc_page_fault", "hugetlb_fault"}), "", ""));
  CHECK_FALSE(is_wrong_for(fault, step_with("", {}, {"exc_page_fault", "shmem_fault"}), "", ""));
  CHECK_FALSE(is_wrong_for(fault, maps, "  pid_t child = fork();\n", ""));
  CHECK_FALSE(is_wrong_for(fault, step_with("", {}, {}), "", ""));
  CHECK(is_wrong_for({}, maps, "", ""));
  CHECK_FALSE(is_wrong_for({}, step_with("", {}, {}), "", ""));
}

TEST_CASE("A choice is found in the events by its call and by its function") {
  Catalogue catalogue;
  catalogue.functions["shmem_create"].names = {"old_create"};
  const Choice open{"shm_open", {"openat"}, false, "shmem_create"};
  auto found = [&](const Choice& choice, const std::vector<Event>& events) {
    const ChoiceSeen seen = find_choice(choice, look_at(events), catalogue);
    return std::pair(seen.call, seen.function);
  };
  const Event user = user_enter(1, "shm_open"), call = syscall_enter(2, "openat");
  CHECK(found(open, {user, call}) == std::pair(true, false));
  CHECK(found(open, {call}) == std::pair(false, false));
  CHECK(found(open, {user, call, kernel_enter(3, "shmem_create")}) == std::pair(true, true));
  CHECK(found(open, {user, call, point_event(3, "mm_page_alloc", {}, stack_of({"old_create"}))}) ==
        std::pair(true, true));
  const Choice fault{"", {}, true, ""};
  CHECK(found(fault, {fault_event(1, "0x1000")}) == std::pair(true, true));
  CHECK(found(fault, {call}) == std::pair(false, true));
  const Choice alone{"", {}, false, "shmem_create"};
  CHECK(found(alone, {call}) == std::pair(false, false));
  CHECK(found(alone, {kernel_enter(3, "shmem_create")}) == std::pair(true, true));
}

TEST_CASE("A step's lines end before the next step or at the end of its function") {
  const std::string source =
      "void f() {}\n// step(\"no\")\nint main() {\n  step(\"one\");\n\tone();\n\n"
      "  step(\"two \\\"quoted\\\"\");\n  two();\n}\n\nint after() {\n  step(\"one\");\n  "
      "again();\n}\n";
  auto lines = lines_of_step(source, "one", 1);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].number == 4);
  CHECK(lines[1].text == "  one();");
  lines = lines_of_step(source, "two \"quoted\"", 2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].text == "  two();");
  lines = lines_of_step(source, "one", 3);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].text == "  again();");
  CHECK(lines_of_step(source, "three", 1).empty());
  CHECK(lines_of_step("", "one", 1).empty());
  CHECK(before_steps(source) == "void f() {}\n// step(\"no\")\nint main() {\n");
}

TEST_CASE("Text is measured, cut and wrapped in columns") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("内核") == 4);
  CHECK(columns_of("\033[32mabc\033[0m") == 3);
  CHECK(cut_to("abcdefgh", 8) == "abcdefgh");
  CHECK(cut_to("abcdefghi", 8) == "abcde...");
  CHECK(cut_to("内核内核内核", 8) == "内核...");
  CHECK(cut_to("\033[1mabcdefghi\033[0m", 8) == "\033[1mabcde...\033[0m");
  CHECK(cut_to("abcdef", 0) == "abcdef");
  CHECK(cut_to("abcdef", 2) == "..");
  CHECK(wrap("one two three", 8) == Lines{"one two", "three"});
  CHECK(wrap("one two three", 0) == Lines{"one two three"});
  CHECK(wrap("one two", 6, "a  ") == Lines{"a  one", "   two"});
  CHECK(wrap("缺页，内核运行", 8) == Lines{"缺页，内", "核运行"});
  CHECK(wrap("缺页，内核", 4) == Lines{"缺", "页，", "内核"});
  CHECK(wrap("abcdefghijk", 6) == Lines{"abc..."});
  CHECK(lines_of("a\n\nb") == Lines{"a", "", "b"});
}
