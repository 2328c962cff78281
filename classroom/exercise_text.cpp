// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "tracer/screen_text.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr const char *green = "\033[32m", *red = "\033[31m", *bold = "\033[1m";
constexpr std::size_t mark_columns = 9, label_columns = 10;

std::string inked(const std::string& text, const char* ink, const ExerciseStyle& style) {
  return style.colour ? ink + text + "\033[0m" : text;
}

// An assessment may come from a judge that saw a stranger's program: no byte of it is trusted.
std::string clean(const std::string& text) { return strip_controls(text); }

class LineText {
 public:
  LineText(const AssessedLine& line, const ExerciseStyle& style) : style_(style) {
    const std::string mark = line.met ? style.say("met", "达到") : style.say("not met", "未达到");
    const std::string points = fmt::format("{}/{}", line.points, line.worth);
    const std::string first = padded(mark, mark_columns) + padded(points, 7);
    const Lines lines = wrap(clean(style.say(line.text)), style.columns, first);
    text_ = inked(mark, line.met ? green : red, style) + lines[0].substr(mark.size()) + "\n";
    for (std::size_t i = 1; i < lines.size(); i++) text_ += lines[i] + "\n";
    if (!line.met) explain(line);
  }
  const std::string& text() const { return text_; }

 private:
  void fact(const char* label, const std::string& text) {
    if (text.empty()) return;
    text_ += paragraph(clean(text), style_.columns,
                       std::string(mark_columns, ' ') + padded(label, label_columns));
  }
  void explain(const AssessedLine& line) {
    fact(style_.say("think", "想一想"), style_.say(line.failed));
    fact(style_.say("expected", "期望"), line.expected);
    fact(style_.say("seen", "看到"), line.seen);
    if (!line.around.empty())
      text_ += std::string(mark_columns, ' ') + style_.say("in the trace", "跟踪中") + "\n";
    for (const std::string& around : line.around)
      text_ += std::string(mark_columns + 2, ' ') + clean(around) + "\n";
    if (!line.lab.empty())
      fact(style_.say("look at", "参看"), fmt::format("shmpath run {}", line.lab));
  }
  const ExerciseStyle& style_;
  std::string text_;
};

std::string compiler_text(const Assessment& assessment, const ExerciseStyle& style) {
  if (assessment.compiler.empty()) return "";
  std::string text = style.say("\nThe compiler says:\n", "\n编译器说：\n");
  for (const std::string& line : lines_of(assessment.compiler)) text += "  " + clean(line) + "\n";
  return text;
}

// Before that there is nothing to say of single lines.
bool was_run(const Assessment& assessment) {
  return assessment.graded && !assessment.place.empty();
}

std::string reason_text(const Assessment& assessment, const ExerciseStyle& style) {
  if (assessment.reason.empty()) return "";
  const std::string mark =
      assessment.graded ? style.say("note", "注意") : style.say("not graded", "没有评分");
  const Lines lines = wrap(clean(assessment.reason), style.columns, mark + "  ");
  std::string text = inked(mark, red, style) + lines[0].substr(mark.size()) + "\n";
  for (std::size_t i = 1; i < lines.size(); i++) text += lines[i] + "\n";
  return text;
}

std::string sum_text(const Assessment& assessment, const ExerciseStyle& style) {
  const auto met = met_lines(assessment).size();
  std::string sum = style.chinese
                        ? fmt::format("{} 分，满分 {}", assessment.points, assessment.of)
                        : fmt::format("{} of {} points", assessment.points, assessment.of);
  sum = inked(sum, bold, style);
  const auto shown = std::ranges::count_if(assessment.lines,
                                           [](const AssessedLine& line) { return !line.hidden; });
  sum += style.chinese ? fmt::format("；{} 行中达到 {} 行\n", shown, met)
                       : fmt::format("; {} of {} lines are met\n", met, shown);
  if (assessment.hidden_points)
    sum += style.chinese
               ? fmt::format("另有 {} 分，其要求这里不检查\n", assessment.hidden_points)
               : fmt::format("{} point{} more for what is not asked here\n",
                             assessment.hidden_points, assessment.hidden_points == 1 ? "" : "s");
  return sum;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> without(const std::vector<std::string>& all,
                                 const std::vector<std::string>& these) {
  std::vector<std::string> rest;
  for (const std::string& one : all)
    if (std::ranges::find(these, one) == these.end()) rest.push_back(one);
  return rest;
}

}  // namespace

bool all_met(const Assessment& assessment) {
  return assessment.graded && std::ranges::all_of(assessment.lines, [](const AssessedLine& line) {
           return line.met || line.hidden;
         });
}

std::vector<std::string> met_lines(const Assessment& assessment) {
  std::vector<std::string> ids;
  for (const AssessedLine& line : assessment.lines)
    if (line.met && !line.hidden) ids.push_back(line.id);
  return ids;
}

std::string assessment_text(const Assessment& assessment, const ExerciseStyle& style) {
  std::string text = reason_text(assessment, style);
  for (const AssessedLine& line : assessment.lines)
    if (!line.hidden && was_run(assessment)) text += LineText(line, style).text();
  for (const std::string& file : assessment.left_out)
    text += paragraph(clean(file), style.columns, style.say("left out  ", "未采用  "));
  text += compiler_text(assessment, style);
  if (assessment.graded) text += "\n" + sum_text(assessment, style);
  return text;
}

std::string change_text(const std::vector<std::string>& before,
                        const std::vector<std::string>& after, const ExerciseStyle& style) {
  const auto won = without(after, before), lost = without(before, after);
  std::string text;
  if (!won.empty()) text = style.say("now met: ", "现在达到：") + clean(join(won));
  if (!won.empty() && !lost.empty()) text += style.say("; ", "；");
  if (!lost.empty()) text += style.say("no longer met: ", "不再达到：") + clean(join(lost));
  return text.empty() ? "" : text + "\n";
}

}  // namespace shmpath
