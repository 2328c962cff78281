// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/observe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>

#include "tracer/words.h"

namespace shmpath {
namespace {

struct Thread {
  std::vector<std::size_t> open;  // indices into the result
  unsigned step = 0;
};

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// A function of the C library has no error of its own: it returns -1, or MAP_FAILED.
bool failed(const Event& ret) {
  if (!ret.error.empty()) return true;
  if (ret.layer != Layer::user) return false;
  const std::string text = value_text(ret.ret);
  return text == "-1" || text == "MAP_FAILED";
}

bool has_flag(std::string_view flags, std::string_view flag) {
  while (!flags.empty()) {
    std::size_t end = std::min(flags.find('|'), flags.size());
    if (flags.substr(0, end) == flag) return true;
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  return false;
}

bool arg_matches(const Value* value, const std::vector<std::string>& wanted) {
  if (!value) return false;
  std::string text = value_text(*value);
  if (wanted.size() == 1 && fnmatch(wanted[0].c_str(), text.c_str(), 0) == 0) return true;
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& flag) { return has_flag(text, flag); });
}

bool stack_holds(const Stack& stack, const std::string& documented,
                 const std::map<std::string, KernelFunction>& functions) {
  if (!stack) return false;
  return std::ranges::any_of(all_names(documented, functions),
                             [&](const std::string& name) { return contains(*stack, name); });
}

bool result_matches(const Rule& rule, const Seen& seen) {
  if (rule.ret.empty() && !rule.fails) return true;
  if (!seen.ret) return false;
  if (rule.fails && *rule.fails != failed(*seen.ret)) return false;
  return rule.ret.empty() || arg_matches(&seen.ret->ret, {rule.ret});
}

}  // namespace

std::string file_name_of(const Event& execve) {
  const Value* path = find_arg(execve, "pathname");
  const auto* text = path ? std::get_if<std::string>(path) : nullptr;
  return text ? text->substr(text->rfind('/') + 1) : "";  // npos + 1 is 0
}

bool matches(const Rule& rule, const Seen& seen,
             const std::map<std::string, KernelFunction>& functions) {
  const Event& event = *seen.event;
  static const char* layers[] = {"", "user", "syscall", "kernel"};
  if (!contains(rule.call, event.name)) return false;
  if (!rule.layer.empty() && rule.layer != layers[static_cast<int>(event.layer)]) return false;
  if (!rule.program.empty() && rule.program != seen.program) return false;
  if (rule.step && *rule.step != seen.step) return false;
  if (!rule.inside.empty() && !contains(seen.inside, rule.inside)) return false;
  for (const auto& [name, wanted] : rule.args) {
    if (!arg_matches(find_value(seen, name), wanted)) return false;
  }
  if (!result_matches(rule, seen)) return false;
  // a function that is probed is one of the calls around, and may hide in the stack: a kretprobe
  // puts itself in the place of the return address
  return std::all_of(rule.stack.begin(), rule.stack.end(), [&](const std::string& name) {
    return contains(seen.inside, name) || stack_holds(event.stack, name, functions);
  });
}

const Value* find_value(const Seen& seen, const std::string& name) {
  if (name == "ret") return seen.ret ? &seen.ret->ret : nullptr;
  const Value* value = find_arg(*seen.event, name);
  return !value && seen.ret ? find_arg(*seen.ret, name) : value;
}

std::string rule_text(const Rule& rule) {
  std::string out = fmt::format("{}", fmt::join(rule.call, " or "));
  if (!rule.inside.empty()) out += " inside " + rule.inside;
  if (rule.step) out += fmt::format(" in step {}", *rule.step);
  if (!rule.program.empty()) out += " of " + rule.program;
  for (const auto& [name, wanted] : rule.args)
    out += fmt::format(", {} {}", name, fmt::join(wanted, "|"));
  if (!rule.stack.empty()) out += fmt::format(", through {}", fmt::join(rule.stack, " and "));
  if (!rule.ret.empty()) out += ", with the result " + rule.ret;
  if (rule.fails) out += *rule.fails ? ", failing" : ", succeeding";
  return out;
}

std::string due_text(const Rule& rule) {
  return rule.max && *rule.max == 0          ? "none"
         : rule.max && *rule.max == rule.min ? fmt::format("{}", rule.min)
         : rule.max                          ? fmt::format("{} to {}", rule.min, *rule.max)
                                             : fmt::format("at least {}", rule.min);
}

std::vector<Seen> observe(const std::vector<Event>& events,
                          const std::map<pid_t, std::string>& programs,
                          const std::vector<std::string>& started) {
  std::vector<Seen> all;
  std::map<std::uint32_t, std::string> executed;  // by pid: the file name of its last execve
  std::map<std::uint32_t, Thread> threads;
  std::map<pid_t, std::string> owner = programs;
  for (const Event& event : events) {
    Thread& thread = threads[event.tid];  // a std::map: adding another keeps the reference good
    if (event.type == EventType::step) {
      thread.step = event.number;
    } else if (event.type == EventType::exit) {
      while (thread.open.size() > event.depth) {
        Seen& call = all[thread.open.back()];
        thread.open.pop_back();
        if (thread.open.size() == event.depth) call.ret = &event;
      }
    } else if (event.type == EventType::enter || event.type == EventType::point) {
      while (thread.open.size() > event.depth) thread.open.pop_back();
      if (event.name == "execve" && event.type == EventType::enter)
        executed[event.pid] = file_name_of(event);
      if (event.name == "sched_process_exec" && contains(started, executed[event.pid])) {
        owner[static_cast<pid_t>(event.pid)] = executed[event.pid];
        thread.step = 0;
      }
      Seen seen{.event = &event,
                .ret = nullptr,
                .inside = {},
                .program = owner[static_cast<pid_t>(event.pid)],
                .step = thread.step};
      for (std::size_t open : thread.open) seen.inside.push_back(all[open].event->name);
      if (event.type == EventType::enter) thread.open.push_back(all.size());
      if (event.name == "sched_process_fork") {
        const auto child = static_cast<pid_t>(number_of(event, "child_pid"));
        if (!programs.contains(child)) owner[child] = seen.program;
        threads[static_cast<std::uint32_t>(number_of(event, "child_tid"))].step = thread.step;
      }
      all.push_back(std::move(seen));
    }
  }
  return all;
}

RuleResult check_rule(const Rule& rule, const std::vector<Seen>& seen,
                      const std::map<std::string, KernelFunction>& functions) {
  auto count = static_cast<std::size_t>(std::count_if(
      seen.begin(), seen.end(), [&](const Seen& s) { return matches(rule, s, functions); }));
  bool met = count >= rule.min && (!rule.max || count <= *rule.max);
  return {met, count,
          met ? fmt::format("{} {}", count, rule_text(rule))
              : fmt::format("{} {} where {} was due", count, rule_text(rule), due_text(rule))};
}

}  // namespace shmpath
