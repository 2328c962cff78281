// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "classroom/exercise.h"
#include "classroom/exercise_check.h"
#include "classroom/folder_watch.h"
#include "tracer/failure.h"
#include "tracer/signals.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

// One screen after the other on a terminal; elsewhere one text below the other.
class WatchScreen {
 public:
  WatchScreen(const Workplace& work, const CheckPlace& place, const ExerciseStyle& style)
      : work_(work), place_(place), style_(style), terminal_(isatty(STDOUT_FILENO)) {}

  void checking() const {
    if (terminal_) print(clear + head() + style_.say("checking ...\n", "正在检查……\n"));
  }
  void show(const Checked& checked, double seconds) const {
    const Assessment& assessment = checked.assessment;
    std::string text = (terminal_ ? clear : "") + head() + assessment_text(assessment, style_);
    if (!checked.first) text += change_text(checked.met_before, met_lines(assessment), style_);
    text += times_text(assessment, seconds, style_) + checked.said;
    print(text + style_.say("waiting for the next save; Ctrl-C ends this\n",
                            "等待下一次保存；按 Ctrl-C 结束\n"));
  }

 private:
  std::string head() const { return first_line(work_.kit, place_, style_); }
  static void print(const std::string& text) {
    fmt::print("{}", text);
    std::fflush(stdout);
  }
  static inline const std::string clear = "\033[H\033[2J";
  const Workplace& work_;
  const CheckPlace& place_;
  const ExerciseStyle& style_;
  bool terminal_;
};

// Checks, and shows that. False: asked to stop.
bool check_once(Checker& checker, const WatchScreen& screen) {
  constexpr double before_s = save_quiet_ms / 1000.0;  // that the save was waited for
  const auto begun = Clock::now();
  screen.checking();
  try {
    const Checked checked = checker.check();
    const std::chrono::duration<double> time = Clock::now() - begun;
    screen.show(checked, time.count() + before_s);
    return true;
  } catch (const Failure&) {
    if (stops_asked()) return false;
    throw;
  }
}

}  // namespace

int watch_exercise(const Options& options, const std::vector<ExerciseKit>& kits) {
  const ExerciseStyle style = exercise_style(options);
  const Workplace work = find_workplace(kits, options.exercise.which);
  const CheckPlace place = require_place(work.kit, options.exercise);
  const Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  const StopSignals signals;
  FolderWatch watch(work.folder);  // before the first look, so that no save is missed
  Checker checker(work, catalogue, place.view, [&] {
    return start_judge(
        {.place = place.place, .kernel = place.kernel, .program = "", .ahead = true});
  });
  const WatchScreen screen(work, place, style);
  for (;;) {
    if (!check_once(checker, screen)) return 0;
    const Saved saved = watch.wait();
    if (saved == Saved::stopped) return 0;
    if (saved == Saved::folder_gone)
      throw Failure("cannot watch " + work.folder.string(), "the folder is gone",
                    "watch it where it is now");
  }
}

}  // namespace shmpath
