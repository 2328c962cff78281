// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/step_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace shmpath {
namespace {

constexpr std::size_t prose_columns = 80;  // where there is no window
constexpr std::size_t least_lines = 4;     // shown of a list however low the window
constexpr const char *bold = "\033[1m", *dim = "\033[2m", *green = "\033[32m", *red = "\033[31m";

struct Writer {
  Lines lines;
  std::size_t columns;  // 0: no window
  const ScreenStyle& style;

  std::size_t prose() const { return columns ? columns : prose_columns; }
  void add(const std::string& line, const char* ink = "") {
    const bool inked = style.colour && *ink;
    lines.push_back(inked ? ink + line + "\033[0m" : line);
  }
  void add_prose(std::string_view text, const char* ink = "", std::string_view first = "") {
    for (const std::string& line : wrap(text, prose(), first)) add(line, ink);
  }
  void add_rule(const std::string& title) {
    std::string line = cut_to("--- " + title + " ", prose());
    line += std::string(prose() - columns_of(line), '-');
    add(line, bold);
  }
};

// In pieces as wide as the window: what a line that must be seen whole becomes.
Lines folded(const std::string& line, std::size_t columns) {
  Lines pieces;
  std::string_view rest = line;
  while (columns > 1 && columns_of(rest) > columns) {
    pieces.emplace_back(fitting(rest, columns));
    rest.remove_prefix(pieces.back().size());
  }
  pieces.emplace_back(rest);
  return pieces;
}

Lines fit(const Lines& lines, std::size_t columns, bool whole) {
  Lines fitted;
  for (const std::string& line : lines) {
    if (!whole) {
      fitted.push_back(cut_to(line, columns));
      continue;
    }
    for (std::string& piece : folded(line, columns)) fitted.push_back(std::move(piece));
  }
  return fitted;
}

// Head, body and tail within the window; where the body is too long, its beginning.
Screen assemble(const Lines& head, const Lines& body, const Lines& tail, WindowSize window,
                bool chinese) {
  Screen screen;
  auto put = [](Lines& to, const Lines& more) { to.insert(to.end(), more.begin(), more.end()); };
  const std::size_t taken = head.size() + tail.size() + 1;  // and the line to type in
  const std::size_t room =
      window.rows == 0
          ? body.size()
          : std::max(least_lines, window.rows - std::min<std::size_t>(window.rows, taken));
  Lines shown = fit(body, window.columns, false);
  screen.whole = shown == body;
  if (shown.size() > room) {
    const std::size_t more = shown.size() - (room - 1);
    shown.resize(room - 1);
    shown.push_back(fmt::format(fmt::runtime(chinese ? "  ...... 还有 {} 行，输入 m 查看"
                                                     : "  ... {} more lines: m shows all"),
                                more));
    screen.whole = false;
  }
  for (const Lines* part : {&head, static_cast<const Lines*>(&shown), &tail})
    put(screen.lines, *part);
  put(screen.full, head);
  put(screen.full, fit(body, window.columns, true));
  put(screen.full, tail);
  return screen;
}

std::string step_title(const StepSection& section, bool chinese) {
  return fmt::format(fmt::runtime(chinese ? "{}，{}：第 {} 步，共 {} 步" : "{}, {}: step {} of {}"),
                     section.lab, section.program, section.step.number, section.of);
}

class Text : public Output {
 public:
  void write(std::string_view more) override { text_ += more; }
  void flush() override {}
  void clear() { text_.clear(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Lines tree_of(const std::vector<Event>& events, const Header& header, bool colour) {
  Text text;
  auto renderer = make_tree_renderer(text, {.colour = colour, .from_first_step = false});
  renderer->header(header);
  text.clear();
  for (const Event& event : events)
    if (event.type != EventType::step) renderer->event(event);
  renderer->idle();
  return lines_of(text.text());
}

// The name that a line of the tree begins with, after the process, and how far it is indented.
struct LineHead {
  std::string name;
  std::size_t indent;
};
LineHead head_of(std::string_view line) {
  LineHead head{"", 0};
  std::size_t at = line.starts_with("[") ? std::min(line.find(']'), line.size() - 1) + 1 : 0;
  while (at < line.size() && (line[at] == ' ' || line[at] == '\033')) {
    if (line[at] == '\033')
      at = std::min(line.find('m', at), line.size() - 1);
    else
      head.indent++;
    at++;
  }
  while (at < line.size() &&
         (std::isalnum(static_cast<unsigned char>(line[at])) || line[at] == '_'))
    head.name += line[at++];
  return head;
}

// The tree, and below the first line of each documented function what it is.
// A call of the C library or a system call may bear the name of a function of the kernel.
Lines explained(const Lines& tree, const StepSeen& seen, const Catalogue& catalogue,
                const Writer& page) {
  std::map<std::string, const KernelFunction*> by_name;
  for (const auto& [name, function] : catalogue.functions)
    for (const std::string& each : all_names(name, catalogue.functions))
      by_name.emplace(each, &function);
  std::set<const KernelFunction*> told;
  Writer out{{}, page.columns, page.style};
  for (const std::string& line : tree) {
    out.add(line);
    const LineHead head = head_of(line);
    auto found = by_name.find(head.name);
    if (found == by_name.end() || !seen.kernel.contains(head.name) ||
        !told.insert(found->second).second)
      continue;
    const std::size_t indent = std::min(head.indent + 4, out.prose() / 3);
    out.add_prose(found->second->text.in(page.style.chinese), dim, std::string(indent, ' ') + "# ");
  }
  return out.lines;
}

}  // namespace

Screen question_screen(const StepSection& section, WindowSize window, const ScreenStyle& style) {
  const bool chinese = style.chinese;
  Writer head{{}, window.columns, style}, body = head, tail = head;
  head.add("");
  head.add_rule(step_title(section, chinese));
  head.add_prose(section.step.text.in(chinese), bold);
  for (const SourceLine& line : section.source)
    body.add(fmt::format("{:5}  {}", line.number, line.text));
  if (section.source.empty())
    body.add_prose(chinese ? "（没有找到这一步的源代码）" : "(its source lines were not found)",
                   dim, "  ");
  tail.add_prose(chinese ? "内核会做什么？" : "what will the kernel do?", bold);
  for (std::size_t i = 0; i < section.question.choices.size(); i++)
    tail.add_prose(choice_text(section.question.choices[i], chinese), "",
                   fmt::format("  {}  ", static_cast<char>('a' + i)));
  return assemble(head.lines, body.lines, tail.lines, window, chinese);
}

Screen result_screen(const StepSection& section, const Header& header, const Catalogue& catalogue,
                     const Answer& answer, WindowSize window, const ScreenStyle& style) {
  const bool chinese = style.chinese;
  Writer head{{}, window.columns, style}, body = head, tail = head;
  head.add_rule(
      fmt::format(fmt::runtime(chinese ? "第 {} 步：内核做了什么" : "step {}: what the kernel did"),
                  section.step.number));
  const std::vector<Event> events = without_printing(section.events);
  body.lines = explained(tree_of(events, header, style.colour), look_at(events), catalogue, body);
  if (body.lines.empty())
    body.add_prose(chinese ? "（没有进入内核）" : "(nothing that came into the kernel)", dim, "  ");
  const Lines printed = lines_of(section.printed);
  if (!printed.empty()) body.add(chinese ? "  程序输出：" : "  the program printed:");
  for (const std::string& line : printed) body.add("    " + line);
  const StepVerdict verdict = judge_answer(section, header, catalogue, answer, chinese);
  tail.add_prose(verdict.text, verdict.answer == AnswerIs::right   ? green
                               : verdict.answer == AnswerIs::wrong ? red
                                                                   : bold);
  return assemble(head.lines, body.lines, tail.lines, window, chinese);
}

}  // namespace shmpath
