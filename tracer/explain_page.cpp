// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "tracer/explain.h"
#include "tracer/page.h"

namespace shmpath {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

using StepTest = std::function<bool(const FlowStep&)>;
using RuleTest = std::function<bool(const Rule&)>;

// A line for each program that has such steps: "01-posix-shm, posix_shm, step 5: map it".
void add_steps(Page& page, const Reference& reference, const StepTest& shows) {
  std::string label = page.say("Shown by", "演示");
  for (const Flow& flow : reference.catalogue.flows)
    for (const std::string& program : flow.programs) {
      std::vector<std::string> steps;
      for (const FlowStep& step : flow.steps)
        if (step.program == program && shows(step))
          steps.push_back(
              fmt::format("{}{}{}", step.number, page.say(": ", "："), page.say(step.text)));
      if (steps.empty()) continue;
      page.fact(label,
                fmt::format(fmt::runtime(page.say("lab {}, {}, step {}", "实验 {}，{}，步骤 {}")),
                            flow.id(), program, fmt::join(steps, page.say("; ", "；"))));
      label.clear();
    }
}

bool has_word(const std::string& words, const std::string& name) {
  auto inside = [&](std::size_t at) {
    return at < words.size() &&
           (std::isalnum(static_cast<unsigned char>(words[at])) || words[at] == '_');
  };
  for (std::size_t at = words.find(name); at != std::string::npos; at = words.find(name, at + 1))
    if (!(at > 0 && inside(at - 1)) && !inside(at + name.size())) return true;
  return false;
}

// Whether the claim's own words have the name, and `also` if that is not "". A name without a `_`
// may be an English word.
bool speaks_of(const Claim& claim, const std::string& name, const std::string& also) {
  const std::string words = claim.text.en + "\n" + claim.truth.en;
  return name.find('_') != std::string::npos && has_word(words, name) &&
         words.find(also) != std::string::npos;
}

using ClaimTest = std::function<bool(const Claim&)>;

void add_claims(Page& page, const Reference& reference, const ClaimTest& speaks,
                const RuleTest& rests_on) {
  std::vector<std::string> claims;
  for (const Flow& flow : reference.catalogue.flows)
    for (const Claim& claim : flow.claims)
      if (speaks(claim) || std::any_of(claim.see.begin(), claim.see.end(), rests_on))
        claims.push_back(claim.id);
  std::sort(claims.begin(), claims.end());
  page.fact(page.say("Claims about it", "有关论断"), fmt::format("{}", fmt::join(claims, ", ")));
}

bool in_layer(const Rule& rule, std::string_view layer) {
  return rule.layer.empty() || rule.layer == layer;
}

// What the function is on one kernel: its names there, or where its code is.
std::string state_on(const Page& page, const Reference& reference, std::size_t kernel,
                     const KernelFunction& function) {
  const auto& functions = reference.catalogue.functions;
  auto names = reference.kernels.names_on(kernel, all_names(function.name, functions));
  if (!names) return page.say("not measured", "没有测过");
  if (!names->empty()) return fmt::format("{}", fmt::join(*names, ", "));
  for (const std::string& host : hosts_of(function, functions))
    if (auto there = reference.kernels.names_on(kernel, {host}); there && !there->empty())
      return fmt::format(fmt::runtime(page.say("inlined into {}", "内联到 {}")), host);
  return page.say("no symbol of that name", "没有这个符号");
}

// "5.10", or a word such as "newest".
std::string kernel_label(const Page& page, const std::string& kernel) {
  const bool number = std::isdigit(static_cast<unsigned char>(kernel.front())) != 0;
  return (number ? page.say("On Linux ", "在 Linux ") : page.say("On the ", "在 ")) + kernel;
}

void add_kernels(Page& page, const Reference& reference, const KernelFunction& function) {
  const std::vector<std::string>& kernels = reference.kernels.kernels;
  for (std::size_t kernel = 0; kernel < kernels.size(); kernel++)
    page.fact(kernel_label(page, kernels[kernel]), state_on(page, reference, kernel, function));
  if (kernels.empty())
    page.fact(page.say("On each kernel", "各内核上"),
              page.say("not known: kernel-support.md is not beside the labs",
                       "未知：实验文件夹旁没有 kernel-support.md"));
}

// What another name of the function is: its name on these kernels.
std::string alias_text(const Page& page, const Reference& reference, const std::string& alias) {
  std::vector<std::string> kernels;
  for (std::size_t kernel = 0; kernel < reference.kernels.kernels.size(); kernel++)
    if (auto there = reference.kernels.names_on(kernel, {alias}); there && !there->empty())
      kernels.push_back(reference.kernels.kernels[kernel]);
  if (kernels.empty())
    return fmt::format(fmt::runtime(page.say("{} is another name of it.", "{} 是它的另一个名字。")),
                       alias);
  return fmt::format(
      fmt::runtime(page.say("{0} is its name on Linux {1}.", "在 Linux {1} 上它叫 {0}。")), alias,
      fmt::join(kernels, page.say(" and ", " 和 ")));
}

const Call* find_call(const Reference& reference, std::string_view layer, std::string_view name) {
  for (const Call& call : reference.calls)
    if (call.name == name && call.has_layer(layer)) return &call;
  return nullptr;
}

void add_manual(Page& page, const std::string& man) {
  if (!man.empty()) page.fact(page.say("Manual", "手册"), man + "  " + man_url(man));
}

// The system call of "__x64_sys_newfstat", if it is one that is described: fstat.
const Call* call_of_entry(const Reference& reference, std::string_view function) {
  constexpr std::string_view prefix = "__x64_sys_", renamed = "new";
  if (!function.starts_with(prefix)) return nullptr;
  function.remove_prefix(prefix.size());
  if (const Call* call = find_call(reference, "syscall", function)) return call;
  if (!function.starts_with(renamed)) return nullptr;
  return find_call(reference, "syscall", function.substr(renamed.size()));
}

std::string entry_of_call(const Reference& reference, const Call& call) {
  for (const auto& [name, function] : reference.catalogue.functions)
    if (call_of_entry(reference, name) == &call) return name;
  return "";
}

// The other half of each step that has this call: the system calls of a function of the C library,
// or the functions that make a system call.
std::vector<std::string> partners(const Reference& reference, const Call& call) {
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    if (!name.empty() && name != call.name && !contains(names, name)) names.push_back(name);
  };
  for (const Flow& flow : reference.catalogue.flows)
    for (const FlowStep& step : flow.steps) {
      if (call.has_layer("user") && step.user == call.name)
        for (const std::string& name : step.syscall) add(name);
      if (call.has_layer("syscall") && contains(step.syscall, call.name)) add(step.user);
    }
  return names;
}

std::string kind_of(const Page& page, const Call& call) {
  if (call.has_layer("point"))
    return fmt::format(fmt::runtime(page.say("trace point of the kernel, {}", "内核的跟踪点，{}")),
                       call.source);
  if (!call.has_layer("syscall")) return page.say("function of the C library", "C 库的函数");
  const char* kind = call.has_layer("user")
                         ? page.say("system call, and function of the C library that makes it, {}",
                                    "系统调用，以及发出它的 C 库函数，{}")
                         : page.say("system call, {}", "系统调用，{}");
  return fmt::format(fmt::runtime(kind), call.source);
}

void add_point(Page& page, const Reference& reference, const Call& point) {
  std::vector<std::string> witnessed;
  for (const auto& [name, function] : reference.catalogue.functions)
    if (contains(function.witness, point.name)) witnessed.push_back(name);
  page.fact(page.say("Its stack shows", "栈上可见"), fmt::format("{}", fmt::join(witnessed, ", ")));
}

}  // namespace

std::string man_url(const std::string& page) {
  const std::size_t open = page.find('('), close = page.find(')');
  const std::string name = page.substr(0, open), section = page.substr(open + 1, close - open - 1);
  return fmt::format("https://man7.org/linux/man-pages/man{}/{}.{}.html", section, name, section);
}

std::string function_page(const Reference& reference, const KernelFunction& function,
                          const std::string& asked, const PageStyle& style) {
  Page page(style);
  page.heading(
      fmt::format(fmt::runtime(page.say("{}: function of the kernel, {}", "{}：内核函数，{}")),
                  function.name, function.source));
  if (asked != function.name) page.sentence(alias_text(page, reference, asked));
  page.sentence(function.text.in(style.chinese));
  page.gap();
  add_kernels(page, reference, function);
  page.fact(page.say("On the stack at", "所在的栈"),
            fmt::format("{}", fmt::join(function.witness, ", ")));
  if (const Call* call = call_of_entry(reference, function.name)) add_manual(page, call->man);
  add_steps(page, reference,
            [&](const FlowStep& step) { return contains(step.kernel, function.name); });
  // where the C library has the name too, the claim must name the file
  const bool shared = find_call(reference, "user", function.name) != nullptr;
  const auto speaks = [&](const Claim& claim) {
    return speaks_of(claim, function.name, shared ? function.source : "");
  };
  add_claims(page, reference, speaks, [&](const Rule& rule) {
    return (in_layer(rule, "kernel") && contains(rule.call, function.name)) ||
           contains(rule.stack, function.name);
  });
  return page.text();
}

std::string call_page(const Reference& reference, const Call& call, const PageStyle& style) {
  Page page(style);
  page.heading(fmt::format("{}{}{}", call.name, page.say(": ", "："), kind_of(page, call)));
  page.sentence(call.text.in(style.chinese));
  page.gap();
  const std::string others = fmt::format("{}", fmt::join(partners(reference, call), ", "));
  const bool library = call.has_layer("user"), kernel = call.has_layer("syscall");
  if (library != kernel)
    page.fact(library ? page.say("System call", "系统调用") : page.say("Made by", "发出者"),
              others);
  if (kernel) page.fact(page.say("Kernel entry", "内核入口"), entry_of_call(reference, call));
  add_manual(page, call.man);
  if (call.has_layer("point")) {
    page.fact(page.say("In full", "全名"), fmt::format("{}", fmt::join(call.names, ", ")));
    add_point(page, reference, call);
  }
  add_steps(page, reference, [&](const FlowStep& step) {
    return (library && step.user == call.name) || (kernel && contains(step.syscall, call.name));
  });
  const auto speaks = [&](const Claim& claim) { return speaks_of(claim, call.name, ""); };
  add_claims(page, reference, speaks, [&](const Rule& rule) {
    const bool layer = (library && in_layer(rule, "user")) ||
                       (kernel && in_layer(rule, "syscall")) ||
                       (call.has_layer("point") && rule.layer.empty());
    return (layer && contains(rule.call, call.name)) ||
           (rule.inside == call.name && !call.has_layer("point"));
  });
  return page.text();
}

}  // namespace shmpath
