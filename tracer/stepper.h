// SPDX-License-Identifier: BSD-2-Clause
//
// A lab in steps: collects what happens in each, asks before it and shows it afterwards. Takes the
// place of a renderer; knows nothing of how a process is stopped.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tracer/flow.h"
#include "tracer/render.h"
#include "tracer/step_gate.h"
#include "tracer/step_screen.h"

namespace shmpath {

// The one who is asked. Without a terminal nobody answers, and nothing waits.
class Student {
 public:
  enum class Said { line, end, interrupted };  // end: of what is typed
  virtual ~Student() = default;
  virtual bool answers() const = 0;
  virtual WindowSize window() const = 0;  // zeros: there is none
  virtual Said ask(const std::string& prompt, std::string& line) = 0;
  virtual void show(std::string_view text) = 0;
};

class Stepper : public Renderer, public StepGate {
 public:
  // `printed` gives what the lab's programs have printed since it was called last.
  Stepper(const Flow& flow, const Catalogue& catalogue, Student& student,
          std::function<std::string()> printed, const ScreenStyle& style);

  void header(const Header& header) override;
  void event(const Event& event) override;
  void summary(const Summary& summary) override;

  void begins(pid_t pid, std::size_t program) override;
  bool pauses() const override { return pauses_; }
  void settle(const std::function<void(pid_t)>& go_on) override;
  void leave() override;
  bool left() const override { return left_; }

 private:
  struct Step : StepSection {
    pid_t pid = 0;
    bool stopped = false;
    Answer answer;
  };
  struct Due {
    std::shared_ptr<Step> step;
    bool over;  // it is to be shown, else to be asked about
  };
  struct Score {
    unsigned right = 0, wrong = 0, skipped = 0, unclear = 0;
  };

  void begin_program(const Event& exec);
  std::shared_ptr<Step> begin_step(const Event& event);
  void end_step(std::uint32_t pid, const std::string& until);
  std::shared_ptr<Step> step_of(std::uint32_t pid) const;
  std::size_t program_of(std::uint32_t pid) const;
  void read_printed() { printed_ += take_printed_(); }
  std::string printed_until(const std::string& line);
  void show_due(Due& due);
  void show_question(const Step& step);
  void show_result(const Step& step);
  void show_screen(const Screen& screen);
  bool fits_below(const Step& next) const;
  void ask(Step& step);
  bool ask_once(Step& step);
  void wait_for_enter();
  void show_cut();
  std::optional<std::string> hear(const std::string& prompt);
  void say(const std::string& line);
  const std::string& word(const std::string& en, const std::string& zh) const {
    return style_.chinese ? zh : en;
  }

  const Flow& flow_;
  const Catalogue& catalogue_;
  Student& student_;
  std::function<std::string()> take_printed_;
  ScreenStyle style_;
  Header header_;
  bool pauses_, left_ = false;
  std::string printed_;
  std::vector<std::string> names_;                  // of the programs, those that others start last
  std::vector<std::string> sources_;                // of the same
  std::map<std::uint32_t, std::size_t> programs_;   // by process
  std::map<std::uint32_t, std::uint32_t> parents_;  // by pid
  std::map<std::uint32_t, std::shared_ptr<Step>> running_;  // by pid
  std::deque<Due> due_;
  Lines cut_;                    // what is on the screen and was cut, whole
  std::size_t result_rows_ = 0;  // of the result that stands above the next question
  Score score_;
};

}  // namespace shmpath
