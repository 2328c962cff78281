// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tracer/explain.h"
#include "tracer/page.h"

namespace shmpath {
namespace {

std::string due_text(const Page& page, const Rule& rule) {
  if (rule.max && *rule.max == 0) return page.say("no", "没有");
  if (rule.max && *rule.max == rule.min)
    return fmt::format(fmt::runtime(page.say("exactly {}", "正好 {} 个")), rule.min);
  if (rule.max)
    return fmt::format(fmt::runtime(page.say("{} to {}", "{} 到 {} 个")), rule.min, *rule.max);
  return fmt::format(fmt::runtime(page.say("at least {}", "至少 {} 个")), rule.min);
}

// "exactly 1 openat inside shm_open in step 1 of posix_shm, with pathname /dev/shm/shmtest"
std::string rule_text(const Page& page, const Rule& rule) {
  std::string text =
      fmt::format("{} {}", due_text(page, rule), fmt::join(rule.call, page.say(" or ", " 或 ")));
  auto add = [&](const char* en, const char* zh, const auto&... values) {
    text += fmt::format(fmt::runtime(page.say(en, zh)), values...);
  };
  if (!rule.inside.empty()) add(" inside {}", "，在 {} 之内", rule.inside);
  if (rule.step) add(" in step {}", "，步骤 {}", *rule.step);
  if (!rule.program.empty()) add(rule.step ? " of {}" : " in {}", "，程序 {}", rule.program);
  for (const auto& [name, wanted] : rule.args)
    add(", with {} {}", "，{} 为 {}", name, fmt::format("{}", fmt::join(wanted, "|")));
  if (!rule.stack.empty())
    add(", on the way from {}", "，调用路径经过 {}",
        fmt::format("{}", fmt::join(rule.stack, page.say(" and ", " 和 "))));
  return text;
}

const char* expected_text(const Page& page, Expect expect) {
  if (expect == Expect::depends) return page.say("depends on the machine", "取决于机器");
  return expect == Expect::holds ? page.say("holds", "成立") : page.say("differs", "不成立");
}

}  // namespace

std::string claim_page(const Flow& flow, const Claim& claim, const PageStyle& style) {
  Page page(style);
  page.heading(fmt::format(fmt::runtime(page.say("{}: claim of the documents, checked by lab {}",
                                                 "{}：文档中的论断，由实验 {} 检查")),
                           claim.id, flow.id()));
  page.sentence(claim.text.in(style.chinese));
  page.gap();
  page.fact(page.say("Expected", "预期"), expected_text(page, claim.expect));
  page.fact(page.say("In truth", "实际"), claim.truth.in(style.chinese));
  std::string label = page.say("Checked by", "检查方式");
  if (claim.program) {
    page.fact(label,
              page.say("what the lab measures itself, and prints", "实验程序自己测量并输出"));
    label.clear();
  }
  for (const Rule& rule : claim.see) {
    page.fact(label, page.say("the trace: ", "跟踪记录：") + rule_text(page, rule));
    label.clear();
  }
  page.fact(page.say("See for yourself", "自己看"), fmt::format("shmpath check {}", flow.id()));
  return page.text();
}

}  // namespace shmpath
