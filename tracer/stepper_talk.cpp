// SPDX-License-Identifier: BSD-2-Clause
//
// The stepper's side that faces the reader: what is shown, asked and understood.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "tracer/stepper.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// A word as typed, in small letters.
std::string typed_word(std::string_view line) {
  std::string word;
  for (const char c : line)
    if (!std::isspace(static_cast<unsigned char>(c)))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

void Stepper::say(const std::string& line) {
  const std::size_t columns = student_.window().columns;
  student_.show(columns ? joined(wrap(line, columns)) : line + "\n");
}

void Stepper::show_screen(const Screen& screen) {
  student_.show(joined(screen.lines));
  if (!screen.whole) cut_.insert(cut_.end(), screen.full.begin(), screen.full.end());
}

void Stepper::show_question(const Step& step) {
  const Screen screen = question_screen(step, student_.window(), style_);
  if (result_rows_ == 0) cut_.clear();
  show_screen(screen);
  result_rows_ = 0;
}

void Stepper::show_result(const Step& step) {
  const Screen screen =
      result_screen(step, header_, catalogue_, step.answer, student_.window(), style_);
  if (result_rows_ == 0) cut_.clear();
  show_screen(screen);
  result_rows_ += screen.lines.size();
  switch (judge_answer(step, header_, catalogue_, step.answer, style_.chinese).answer) {
    case AnswerIs::right:
      score_.right++;
      break;
    case AnswerIs::wrong:
      score_.wrong++;
      break;
    case AnswerIs::skipped:
      score_.skipped++;
      break;
    case AnswerIs::unclear:
      score_.unclear++;
      break;
  }
}

// Whether the question can be shown without pushing the result above it out of the window.
bool Stepper::fits_below(const Step& next) const {
  const WindowSize window = student_.window();
  if (result_rows_ == 0 || window.rows == 0) return true;
  return result_rows_ + question_screen(next, window, style_).lines.size() + 1 <= window.rows;
}

std::optional<std::string> Stepper::hear(const std::string& prompt) {
  std::string line;
  const Student::Said said = student_.ask(prompt, line);
  if (said == Student::Said::line) return typed_word(line);
  student_.show("\n");
  if (said == Student::Said::interrupted)
    leave();
  else
    pauses_ = false;  // nobody will answer any more: the rest is shown as it comes
  return std::nullopt;
}

void Stepper::ask(Step& step) {
  while (!ask_once(step)) {
  }
}

// Whether that was an answer, or none is to be had.
bool Stepper::ask_once(Step& step) {
  const auto last = static_cast<char>('a' + step.question.choices.size() - 1);
  const auto typed = hear(fmt::format(fmt::runtime(word("a-{}, Enter, m (all) or q (quit): ",
                                                        "a-{}、Enter、m（全部）或 q（离开）：")),
                                      last));
  if (!typed || typed->empty()) return true;
  if (*typed == "q") {
    leave();
    return true;
  }
  if (*typed == "m") {
    show_cut();
    return false;
  }
  if (typed->size() == 1 && (*typed)[0] >= 'a' && (*typed)[0] <= last) {
    step.answer = static_cast<std::size_t>((*typed)[0] - 'a');
    return true;
  }
  say(fmt::format(
      fmt::runtime(word("`{}`: no such choice; type a letter from a to {}, m or q, or "
                        "Enter alone",
                        "`{}`：没有这个选项；请输入 a 到 {} 的字母、m、q，或只按 Enter")),
      strip_controls(*typed), last));
  return false;
}

void Stepper::wait_for_enter() {
  while (const auto typed =
             hear(word("Enter, m (all) or q (quit): ", "Enter、m（全部）或 q（离开）："))) {
    if (typed->empty()) break;
    if (*typed == "m") {
      show_cut();
    } else if (*typed == "q") {
      leave();
      break;
    } else {
      say(fmt::format(fmt::runtime(word("`{}`: the question comes next; press Enter",
                                        "`{}`：接下来才是问题；请按 Enter")),
                      strip_controls(*typed)));
    }
  }
  result_rows_ = 0;
}

void Stepper::show_cut() {
  if (cut_.empty())
    say(word("nothing was left out", "没有省略任何内容"));
  else
    student_.show(joined(cut_));
}

}  // namespace shmpath
