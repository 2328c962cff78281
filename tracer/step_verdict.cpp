// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/step_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace shmpath {
namespace {

std::string letters(const std::vector<std::size_t>& choices) {
  std::string text;
  for (std::size_t choice : choices)
    text += (text.empty() ? "" : ", ") + std::string(1, static_cast<char>('a' + choice));
  return text;
}

std::string seen_names(const Choice& choice, bool function, bool chinese) {
  std::string names = choice.user;
  auto add = [&](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
  if (choice.fault) add(chinese ? "缺页" : "page fault");
  if (!choice.syscall.empty()) add(choice.syscall.front());
  if (function && !choice.function.empty()) add(choice.function);
  return names;
}

// Why the kernel's function of the right choice is not among what was seen.
std::string unseen_function(const Choice& choice, const Header& header, bool chinese) {
  for (const MissingProbe& missing : header.missing)
    if (missing.name == choice.function)
      return fmt::format("{}: {}.", choice.function, missing.reason);
  if (header.view == "functions")
    return fmt::format(fmt::runtime(chinese ? "没有看到 {}。" : "{} was not seen."),
                       choice.function);
  return fmt::format(
      fmt::runtime(chinese ? "{} 在 {} 视图中看不到。" : "{} cannot be seen in the {} view here."),
      choice.function, header.view);
}

struct Evidence {
  ChoiceSeen right;
  std::vector<std::size_t> others;  // choices that are not documented here, and were seen
};

Evidence weigh(const StepSection& section, const Catalogue& catalogue) {
  const StepSeen seen = look_at(without_printing(section.events));
  const auto& choices = section.question.choices;
  Evidence evidence;
  for (std::size_t i = 0; i < choices.size(); i++) {
    const ChoiceSeen found = find_choice(choices[i], seen, catalogue);
    if (i == section.question.right) evidence.right = found;
    if (i != section.question.right && !choices[i].nothing() && found.call && found.function)
      evidence.others.push_back(i);
  }
  if (choices[section.question.right].nothing()) evidence.right.call = evidence.others.empty();
  return evidence;
}

std::string said_text(AnswerIs is, std::size_t right, bool chinese) {
  const auto letter = static_cast<char>('a' + right);
  switch (is) {
    case AnswerIs::right:
      return fmt::format(fmt::runtime(chinese ? "答对了，是 {}。" : "right: it is {}."), letter);
    case AnswerIs::wrong:
      return fmt::format(fmt::runtime(chinese ? "答错了，应该是 {}。" : "wrong: it is {}."),
                         letter);
    default:
      return fmt::format(fmt::runtime(chinese ? "答案是 {}。" : "the answer: {}."), letter);
  }
}

}  // namespace

std::vector<Event> without_printing(const std::vector<Event>& events) {
  std::set<std::uint32_t> printing;  // threads in such a call
  std::vector<Event> kept;
  for (const Event& event : events) {
    const bool call = event.layer == Layer::syscall && event.type != EventType::point;
    if (call && event.type == EventType::enter && event.name == "write") {
      const Value* fd = find_arg(event, "fd");
      if (fd && (*fd == Value{std::int64_t{1}} || *fd == Value{std::int64_t{2}}))
        printing.insert(event.tid);
    }
    if (!printing.contains(event.tid)) kept.push_back(event);
    if (call && event.type == EventType::exit) printing.erase(event.tid);
  }
  return kept;
}

StepVerdict judge_answer(const StepSection& section, const Header& header,
                         const Catalogue& catalogue, const Answer& answer, bool chinese) {
  const Question& question = section.question;
  const Choice& right = question.choices[question.right];
  const Evidence evidence = weigh(section, catalogue);
  if (!evidence.right.call) {
    const std::string others = letters(evidence.others);
    if (right.nothing())
      return {AnswerIs::unclear,
              fmt::format(fmt::runtime(chinese ? "这一步没有记载，却看到了 {}；不计分。"
                                               : "nothing is documented for this step, but {} was "
                                                 "seen: not counted."),
                          others)};
    return {AnswerIs::unclear,
            fmt::format(fmt::runtime(chinese ? "文档说是 {}，但在 {} 视图中没有看到 {}；不计分。"
                                             : "documented is {}, but not seen here in the {} "
                                               "view: {}; not counted."),
                        static_cast<char>('a' + question.right), header.view,
                        seen_names(right, right.syscall.empty() && !right.fault, chinese))};
  }
  AnswerIs is = !answer                     ? AnswerIs::skipped
                : *answer == question.right ? AnswerIs::right
                                            : AnswerIs::wrong;
  if (answer && std::count(evidence.others.begin(), evidence.others.end(), *answer))
    is = AnswerIs::unclear;
  StepVerdict verdict{is, said_text(is, question.right, chinese)};
  auto more = [&](const std::string& text) { verdict.text += (chinese ? "" : " ") + text; };
  if (right.nothing())
    more(chinese ? "其余的都没有看到。" : "None of the others was seen.");
  else
    more(fmt::format(fmt::runtime(chinese ? "看到了：{}。" : "Seen: {}."),
                     seen_names(right, evidence.right.function, chinese)));
  if (!evidence.right.function) more(unseen_function(right, header, chinese));
  if (!evidence.others.empty())
    more(fmt::format(fmt::runtime(chinese ? "没有记载的 {} 也看到了。"
                                          : "Seen too, though not documented here: {}."),
                     letters(evidence.others)));
  return verdict;
}

}  // namespace shmpath
