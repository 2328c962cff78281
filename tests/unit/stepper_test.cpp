// SPDX-License-Identifier: BSD-2-Clause
//
// A lab in steps without a lab: events made by hand, and a reader who answers from a list.
#include <algorithm>
#include <deque>

#include "tests/catch.h"
#include "tests/paths.h"
#include "tests/unit/events.h"
#include "tracer/files.h"
#include "tracer/stepper.h"

using namespace shmpath;

namespace {

struct Reader : Student {
  bool there = true;
  WindowSize size{24, 80};
  std::deque<std::string> lines;  // "^C" interrupts; none left: end of what is typed
  std::string seen;
  std::size_t asked = 0;

  bool answers() const override { return there; }
  WindowSize window() const override { return there ? size : WindowSize{}; }
  Said ask(const std::string& prompt, std::string& line) override {
    asked++;
    seen += prompt;
    if (lines.empty()) return Said::end;
    line = lines.front();
    lines.pop_front();
    seen += line + "\n";
    return line == "^C" ? Said::interrupted : Said::line;
  }
  void show(std::string_view text) override { seen += text; }
  bool saw(const std::string& text) const { return seen.find(text) != std::string::npos; }
};

Event stopped_step(std::uint64_t t, std::uint32_t number, const std::string& text) {
  Event event = step_event(t, number, text);
  event.stopped = true;
  return event;
}

Event name_write(std::uint64_t t) {
  return syscall_enter(t, "write", {{"fd", std::int64_t{1}}, {"count", std::uint64_t{8}}});
}

struct Scene {
  Catalogue catalogue = load_catalogue(source_dir + "/labs");
  Reader reader;
  std::string printed;
  ScreenStyle style;
  std::vector<pid_t> went_on;
  std::unique_ptr<Stepper> stepper;

  void start(const std::string& lab = "01") {
    stepper = std::make_unique<Stepper>(
        catalogue.lab(lab), catalogue, reader, [this] { return std::exchange(printed, ""); },
        style);
    Header header;
    header.view = "tracepoints";
    header.place = "host";
    stepper->header(header);
    stepper->begins(first_tid, 0);
  }
  void feed(const std::vector<Event>& events) {
    for (const Event& event : events) stepper->event(event);
    stepper->settle([this](pid_t pid) { went_on.push_back(pid); });
  }
  // The letter of the right answer to a step of posix_shm, and of a wrong one.
  std::string right(unsigned number) const { return letter(right_choice(number)); }
  std::string wrong(unsigned number) const { return letter(right_choice(number) == 0 ? 1 : 0); }
  static std::string letter(std::size_t choice) {
    return std::string(1, static_cast<char>('a' + choice));
  }
  std::size_t right_choice(unsigned number) const {
    const Flow& flow = catalogue.lab("01");
    for (const FlowStep& step : flow.steps)
      if (step.program == "posix_shm" && step.number == number) {
        const std::string source = read_file(flow.folder + "/posix_shm.cpp").value_or("");
        std::string lines;
        for (const SourceLine& line : lines_of_step(source, step.text.en, number))
          lines += line.text + "\n";
        return make_question(flow, step, catalogue, lines, before_steps(source)).right;
      }
    return 99;
  }
  void end() {
    Summary summary;
    summary.exit_code = 0;
    stepper->summary(summary);
  }
};

const std::vector<Event> opening{
    at_depth(user_enter(2, "shm_open"), 0), at_depth(syscall_enter(3, "openat"), 1),
    at_depth(syscall_exit(4, "openat", 3), 1), at_depth(user_exit(5, "shm_open", 3), 0)};

}  // namespace

TEST_CASE("Before a step its source and the question are shown, after it what happened") {
  Scene scene;
  scene.reader.lines = {scene.right(1), "", ""};
  scene.start();
  CHECK(scene.stepper->pauses());
  scene.feed({stopped_step(1, 1, "create the object")});
  CHECK(scene.reader.saw("posix_shm: step 1 of 11 ---"));
  CHECK(scene.reader.saw("shm_open(\"shmtest\", O_RDWR"));
  CHECK(scene.reader.saw("what will the kernel do?\n  a  "));
  CHECK_FALSE(scene.reader.saw("what the kernel did"));
  CHECK(scene.went_on == std::vector<pid_t>{first_tid});
  scene.feed(opening);
  CHECK_FALSE(scene.reader.saw("what the kernel did"));
  scene.feed({stopped_step(9, 2, "look at the new file")});
  CHECK(scene.reader.saw("  shm_open() {\n    openat() = 3"));
  CHECK(scene.reader.saw("right: it is " + scene.right(1) + ". Seen: shm_open, openat."));
  CHECK(scene.reader.saw("step 2 of 11"));
  CHECK(scene.went_on.size() == 2);
  CHECK_FALSE(scene.stepper->left());
}

TEST_CASE("A wrong answer is told, and the score counts") {
  Scene scene;
  scene.reader.lines = {scene.wrong(1)};
  scene.start();
  scene.feed({stopped_step(1, 1, "create the object")});
  scene.feed(opening);
  scene.end();
  CHECK(scene.reader.saw("wrong: it is " + scene.right(1) + "."));
  CHECK(scene.reader.saw("score: 0 right, 1 wrong, 0 without an answer, 0 not counted"));
  CHECK(scene.reader.saw("complete: 0 events, nothing lost, exit status 0"));
}

TEST_CASE("An answer is not counted when what is documented was not seen") {
  Scene scene;
  scene.reader.lines = {scene.right(1)};
  scene.start();
  scene.feed({stopped_step(1, 1, "create the object")});
  scene.end();
  CHECK(scene.reader.saw("not seen here in the tracepoints view:"));
  CHECK(scene.reader.saw("not counted."));
  CHECK(scene.reader.saw("0 right, 0 wrong, 0 without an answer, 1 not counted"));
}

TEST_CASE("What cannot be understood is said, and asked again") {
  Scene scene;
  scene.reader.lines = {"z", "yes please", " " + scene.right(1) + " "};
  scene.start();
  scene.feed({stopped_step(1, 1, "create the object")});
  CHECK(scene.reader.asked == 3);
  CHECK(scene.reader.saw("`z`: no such choice; type a letter from a to d"));
  CHECK(scene.reader.saw("`yesplease`: no such choice"));
  CHECK(scene.went_on.size() == 1);
}

TEST_CASE("q and Ctrl-C leave: nothing stays stopped, and nothing more is shown or asked") {
  for (const char* typed : {"q", "^C"}) {
    Scene scene;
    scene.reader.lines = {typed};
    scene.start();
    scene.feed({stopped_step(1, 1, "create the object")});
    CHECK(scene.stepper->left());
    CHECK_FALSE(scene.stepper->pauses());
    scene.feed(opening);
    scene.feed({stopped_step(9, 2, "look at the new file")});
    CHECK(scene.went_on.size() == 2);
    CHECK(scene.reader.asked == 1);
    scene.end();
    CHECK_FALSE(scene.reader.saw("step 2"));
    CHECK(scene.reader.saw("Left early"));
  }
}

TEST_CASE("At the end of what is typed, the rest is shown without asking") {
  Scene scene;
  scene.start();
  scene.feed({stopped_step(1, 1, "create the object")});
  CHECK_FALSE(scene.stepper->pauses());
  CHECK_FALSE(scene.stepper->left());
  scene.feed(opening);
  scene.feed({step_event(9, 2, "look at the new file")});
  CHECK(scene.reader.asked == 1);
  CHECK(scene.reader.saw("the answer: " + scene.right(1)));
  CHECK(scene.reader.saw("step 2 of 11"));
  CHECK(scene.went_on.size() == 1);
}

TEST_CASE("Without a terminal the same sections are shown and nobody is asked") {
  Scene scene;
  scene.reader.there = false;
  scene.start();
  CHECK_FALSE(scene.stepper->pauses());
  scene.feed({step_event(1, 1, "create the object")});
  scene.feed(opening);
  scene.feed({step_event(9, 2, "look at the new file")});
  scene.end();
  CHECK(scene.reader.asked == 0);
  CHECK(scene.reader.saw("what will the kernel do?"));
  CHECK(scene.reader.saw("step 1: what the kernel did"));
  CHECK(scene.reader.saw("the answer: " + scene.right(1)));
  CHECK_FALSE(scene.reader.saw("score"));
}

TEST_CASE("What the program prints is shown with its step, and how it prints is not") {
  Scene scene;
  scene.reader.there = false;
  scene.start();
  scene.printed = "before: x\nstep 1: create the object\n";
  scene.feed({step_event(1, 1, "create the object")});
  scene.printed = "buf \033[2J0x11\nstep 2: look at the new file\n";
  scene.feed({name_write(2), kernel_enter(3, "pipe_write"), kernel_exit(4, "pipe_write"),
              syscall_exit(5, "write", 8), step_event(6, 2, "look at the new file")});
  CHECK(scene.reader.saw("the program printed:\n    buf \\x1b[2J0x11\n"));
  CHECK_FALSE(scene.reader.saw("before: x"));
  CHECK_FALSE(scene.reader.saw("step 2: look"));
  CHECK_FALSE(scene.reader.saw("pipe_write"));
  CHECK(scene.reader.saw("(nothing that came into the kernel)"));
}

TEST_CASE("A child takes part in its parent's step, until it announces one of its own") {
  Scene scene;
  scene.reader.there = false;
  scene.start();
  scene.feed({step_event(1, 1, "create the object"),
              point_event(2, "sched_process_fork",
                          {{"child_pid", std::uint64_t{8}}, {"child_tid", std::uint64_t{8}}}),
              of_thread(syscall_enter(3, "getuid"), 8, 8),
              of_thread(exit_event(4, Layer::syscall, "getuid"), 8, 8),
              of_thread(step_event(5, 2, "look at the new file"), 8, 8),
              of_thread(syscall_enter(6, "getgid"), 8, 8),
              of_thread(exit_event(7, Layer::syscall, "getgid"), 8, 8)});
  scene.feed({of_thread(point_event(8, "sched_process_exit"), 8, 8)});
  CHECK(scene.reader.saw("step 2: what the kernel did"));
  CHECK(scene.reader.saw("getgid()"));
  CHECK_FALSE(scene.reader.saw("getuid()"));
  scene.end();
  CHECK(scene.reader.saw("getuid()"));
}

TEST_CASE("A program that another one starts has steps of its own") {
  Scene scene;
  scene.reader.there = false;
  scene.start("08");
  auto in_child = [](Event event) { return of_thread(std::move(event), 9, 9); };
  scene.feed({step_event(1, 1, "listen on a socket"),
              point_event(2, "sched_process_fork",
                          {{"child_pid", std::uint64_t{9}}, {"child_tid", std::uint64_t{9}}}),
              in_child(point_event(3, "sched_process_exec", {{"comm", std::string("sender")}})),
              in_child(step_event(4, 1, "sender: create a memfd"))});
  CHECK(scene.reader.saw("receiver: step 1 of "));
  CHECK(scene.reader.saw("sender: step 1 of "));
  CHECK(scene.reader.saw("memfd_create(\"shmpath-lab-08\""));
}

TEST_CASE("Every function is explained once, and a call of the C library is not taken for one") {
  Scene scene;
  scene.reader.there = false;
  for (const bool chinese : {false, true}) {
    scene.style.chinese = chinese;
    scene.reader.seen.clear();
    scene.start();
    scene.feed({step_event(1, 1, "create the object")});
    scene.feed(opening);
    scene.feed({at_depth(kernel_enter(6, "shmem_create"), 0),
                at_depth(kernel_exit(7, "shmem_create"), 0),
                at_depth(kernel_enter(8, "shmem_create", {{"inode", std::uint64_t{5}}}), 0),
                at_depth(kernel_exit(9, "shmem_create"), 0)});
    scene.end();
    const std::string text = scene.catalogue.functions.at("shmem_create").text.in(chinese);
    const auto at = scene.reader.seen.find("# " + text.substr(0, 12));
    REQUIRE(at != std::string::npos);
    CHECK(scene.reader.seen.find("# ", at + 2) == std::string::npos);
  }
}

TEST_CASE(
    "No line is wider than the window, in both languages, and a screen is no longer than it") {
  for (const WindowSize size : {WindowSize{24, 80}, WindowSize{24, 40}, WindowSize{50, 120}})
    for (const bool chinese : {false, true}) {
      Scene scene;
      scene.style = {chinese, true};
      scene.reader.size = size;
      scene.reader.lines = {"m", "", "m", "", ""};
      scene.start();
      scene.feed({stopped_step(1, 2, "look at the new file")});
      scene.feed(opening);
      std::vector<Event> many;
      for (std::uint32_t i = 0; i < 60; i++)
        many.push_back(
            at_depth(syscall_enter(10 + i, i % 2 ? "getuid" : "getgid",
                                   {{"a_rather_long_name", "0x" + std::string(60, '1')}}),
                     i % 7));
      scene.feed(many);
      scene.feed({stopped_step(99, 3, "give it a size")});
      CAPTURE(size.rows, size.columns, chinese);
      for (const std::string& line : lines_of(scene.reader.seen))
        if (columns_of(line) > size.columns) FAIL_CHECK(line);
      // what was cut says so, and m shows it
      CHECK(scene.reader.saw(chinese ? "输入 m 查看" : "more lines: m shows all"));
      CHECK(scene.reader.asked >= 4);
    }
}

TEST_CASE("A question and a result each fit in a window of 80x24") {
  const Catalogue catalogue = load_catalogue(source_dir + "/labs");
  const WindowSize window{24, 80};
  for (const Flow& flow : catalogue.flows)
    for (const FlowStep& step : flow.steps) {
      const std::string program = read_file(flow.folder + "/" + step.program + ".cpp").value_or("");
      StepSection section;
      section.lab = flow.id();
      section.program = step.program;
      section.step = step;
      section.source = lines_of_step(program, step.text.en, step.number);
      section.question = make_question(flow, step, catalogue, program, program);
      for (std::uint32_t i = 0; i < 50; i++)
        section.events.push_back(syscall_enter(i, i % 2 ? "getuid" : "getgid"));
      for (const bool chinese : {false, true}) {
        const Screen question = question_screen(section, window, {chinese, false});
        const Screen result = result_screen(section, {}, catalogue, 0, window, {chinese, false});
        CAPTURE(flow.id(), step.program, step.number);
        CHECK(question.lines.size() < window.rows);
        CHECK(result.lines.size() < window.rows);
        CHECK_FALSE(result.whole);
      }
    }
}
