// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace shmpath {
namespace {

constexpr std::size_t most_wrong = 3;
constexpr std::size_t most_from_one_kind = 1;  // page faults, or the same system call

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_fault(const FlowStep& step) { return contains(step.kernel, "exc_page_fault"); }

// FNV-1a: the same on every machine, unlike std::hash.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::size_t steps_with(const std::string& function, const Catalogue& catalogue) {
  std::size_t count = 0;
  for (const Flow& flow : catalogue.flows)
    count += static_cast<std::size_t>(
        std::count_if(flow.steps.begin(), flow.steps.end(),
                      [&](const FlowStep& step) { return contains(step.kernel, function); }));
  return count;
}

// How many kinds of memory a file of the kernel serves: 0, one.
int generality(const std::string& source) {
  if (source.starts_with("fs/") || source.starts_with("arch/")) return 2;
  for (const char* all : {"mm/mmap.c", "mm/vma.c", "mm/util.c", "mm/memory.c", "include/"})
    if (source.starts_with(all)) return 1;
  return 0;
}

// The function that says most about the step: one that other steps have not, of the subsystem that
// does the work, and that no compiler is known to take apart. Of a page fault, one that more views
// can see comes first: the way there is long.
std::string telling_function(const FlowStep& step, const Catalogue& catalogue) {
  auto rank = [&](const std::string& name) {
    const KernelFunction& function = catalogue.functions.at(name);
    const bool entry = name.starts_with("__x64_") || name == "exc_page_fault";
    const bool hidden = is_fault(step) && function.witness.empty();
    return std::tuple(entry, !function.inlined_into.empty() || !function.calls.empty(),
                      generality(function.source), hidden, steps_with(name, catalogue));
  };
  auto best = std::min_element(
      step.kernel.begin(), step.kernel.end(),
      [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return best == step.kernel.end() ? "" : *best;
}

// Whether the text has the name as a word of its own.
bool names(std::string_view text, std::string_view name) {
  auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end])))
      return true;
  }
  return false;
}

// Two choices that a reader would take for the same kind.
bool alike(const Choice& a, const Choice& b) {
  return a.fault == b.fault && (a.fault || a.syscall == b.syscall);
}

std::string how_entered(const Choice& choice, bool chinese) {
  if (choice.fault) return chinese ? "缺页" : "a page fault";
  const std::string& name = choice.syscall.front();
  if (choice.user.empty()) return chinese ? "系统调用 " + name : "the system call " + name;
  return chinese ? fmt::format("{} 发出系统调用 {}", choice.user, name)
                 : fmt::format("the system call {}, made by {}", name, choice.user);
}

// Of all labs, in an order that depends on the step alone; those of the same lab first.
std::vector<Choice> candidates(const Flow& flow, const FlowStep& step, const Catalogue& catalogue) {
  struct Candidate {
    bool elsewhere;
    std::uint64_t order;
    Choice choice;
  };
  std::vector<Candidate> all;
  const std::string seed = fmt::format("{} {} {} ", flow.id(), step.program, step.number);
  for (const Flow& other : catalogue.flows)
    for (const FlowStep& source : other.steps) {
      Choice choice = documented(source, catalogue);
      // without a function a call says too little: the C library makes such calls by itself
      if (choice.function.empty() || (choice.syscall.empty() && !choice.fault)) continue;
      const std::uint64_t order = hash_of(seed + choice_text(choice, false));
      all.push_back({other.number != flow.number, order, std::move(choice)});
    }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.elsewhere, a.order) < std::tie(b.elsewhere, b.order);
  });
  std::vector<Choice> choices;
  choices.reserve(all.size());
  for (Candidate& candidate : all) choices.push_back(std::move(candidate.choice));
  return choices;
}

}  // namespace

Choice documented(const FlowStep& step, const Catalogue& catalogue) {
  Choice choice;
  choice.fault = is_fault(step) && step.syscall.empty();
  choice.syscall = step.syscall;
  if (!step.syscall.empty() && !contains(step.syscall, step.user)) choice.user = step.user;
  choice.function = telling_function(step, catalogue);
  return choice;
}

bool is_wrong_for(const Choice& choice, const FlowStep& step, std::string_view source,
                  std::string_view helpers) {
  if (choice.nothing()) return !step.syscall.empty() || !step.kernel.empty();
  if (!choice.function.empty() && contains(step.kernel, choice.function)) return false;
  auto stands = [&](const std::string& name) {
    return names(source, name) || names(helpers, name);
  };
  // the C library makes fork of clone
  auto named = [&](const std::string& name) {
    return stands(name) || (name == "clone" && stands("fork"));
  };
  // where no way into the kernel is documented, memory may be touched for the lab's own reasons,
  // and after fork whoever stores copies a page
  if (choice.fault) return (!step.syscall.empty() || is_fault(step)) && !stands("fork");
  for (const std::string& name : choice.syscall)
    if (contains(step.syscall, name) || (choice.user.empty() && named(name))) return false;
  return choice.user.empty() || (choice.user != step.user && !named(choice.user));
}

Question make_question(const Flow& flow, const FlowStep& step, const Catalogue& catalogue,
                       std::string_view source, std::string_view helpers) {
  const Choice right = documented(step, catalogue);
  const std::size_t wrong = right.nothing() ? most_wrong : most_wrong - 1;
  Question question;
  for (const Choice& choice : candidates(flow, step, catalogue)) {
    if (question.choices.size() == wrong) break;
    if (!is_wrong_for(choice, step, source, helpers)) continue;
    auto same = std::count_if(question.choices.begin(), question.choices.end(),
                              [&](const Choice& taken) { return alike(taken, choice); });
    if (static_cast<std::size_t>(same) < most_from_one_kind) question.choices.push_back(choice);
  }
  if (!right.nothing()) {
    const std::string seed = fmt::format("{} {} {}", flow.id(), step.program, step.number);
    question.right = hash_of(seed) / 7 % (question.choices.size() + 1);
    question.choices.insert(question.choices.begin() + static_cast<std::ptrdiff_t>(question.right),
                            right);
  }
  question.choices.emplace_back();  // none of these
  if (right.nothing()) question.right = question.choices.size() - 1;
  return question;
}

std::string choice_text(const Choice& choice, bool chinese) {
  if (choice.nothing()) return chinese ? "以上都不是" : "none of these";
  // how the kernel is entered for it is not documented
  if (!choice.fault && choice.syscall.empty())
    return (chinese ? "内核运行 " : "the kernel runs ") + choice.function;
  std::string entered = how_entered(choice, chinese);
  if (choice.function.empty()) return entered;
  return chinese ? fmt::format("{}，内核运行 {}", entered, choice.function)
                 : fmt::format("{}; the kernel runs {}", entered, choice.function);
}

StepSeen look_at(const std::vector<Event>& events) {
  StepSeen seen;
  for (const Event& event : events) {
    seen.lost |= event.type == EventType::lost;
    seen.fault |= event.name == "page_fault_user";
    if (event.stack) seen.kernel.insert(event.stack->begin(), event.stack->end());
    if (event.type != EventType::enter) continue;
    if (event.layer == Layer::user) seen.user.insert(event.name);
    if (event.layer == Layer::syscall) seen.syscall.insert(event.name);
    if (event.layer == Layer::kernel) seen.kernel.insert(event.name);
  }
  return seen;
}

ChoiceSeen find_choice(const Choice& choice, const StepSeen& seen, const Catalogue& catalogue) {
  auto any = [](const std::set<std::string>& of, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return of.contains(name); });
  };
  ChoiceSeen found;
  found.function =
      choice.function.empty() || any(seen.kernel, all_names(choice.function, catalogue.functions));
  found.call = choice.fault             ? seen.fault
               : choice.syscall.empty() ? found.function
                                        : any(seen.syscall, choice.syscall);
  if (!choice.user.empty()) found.call = found.call && seen.user.contains(choice.user);
  return found;
}

}  // namespace shmpath
