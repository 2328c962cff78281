// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/tree_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "tracer/screen_text.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

constexpr std::array<const char*, 8> ink_codes = {"",         "\033[32m", "\033[36m", "\033[33m",
                                                  "\033[35m", "\033[1m",  "\033[2m",  "\033[31m"};

// How the kernel is entered: the same under every path, so not shown.
bool is_entry_frame(std::string_view name) {
  return name.starts_with("asm_") || name.starts_with("entry_SYSCALL") || name == "do_syscall_64" ||
         name == "x64_sys_call" || name == "ret_from_fork" || name == "ret_from_fork_asm";
}

// The functions of a stack, outermost first.
std::vector<std::string_view> path_of(const Stack& stack) {
  std::vector<std::string_view> path;
  if (!stack) return path;
  std::for_each(stack->rbegin(), stack->rend(), [&](const std::string& name) {
    if (!is_entry_frame(name)) path.emplace_back(name);
  });
  return path;
}

Value arg_of(const Event& event, const char* name) {
  const Value* value = find_arg(event, name);
  return value ? *value : Value{};
}

}  // namespace

bool Fault::like(const Fault& other) const {
  auto same_group = [](const PointGroup& a, const PointGroup& b) {
    return a.count == b.count && a.same_path(b.first);
  };
  auto same_call = [](const Event& a, const Event& b) {
    return a.type == b.type && a.name == b.name && a.depth == b.depth && a.error == b.error;
  };
  return std::equal(body.begin(), body.end(), other.body.begin(), other.body.end(), same_call) &&
         event.name == other.event.name && event.depth == other.event.depth &&
         arg_of(event, "access") == arg_of(other.event, "access") &&
         std::equal(groups.begin(), groups.end(), other.groups.begin(), other.groups.end(),
                    same_group);
}

// However deep a call lies, half of a terminal's line is left for it.
std::string TreeLines::prefix(const std::string& who, std::uint32_t depth) const {
  std::size_t indent = std::size_t{2} * depth;
  if (style_.width) indent = std::min(indent, style_.width / 2);
  return who + std::string(indent, ' ');
}

void TreeLines::line(const std::string& who, std::uint32_t depth, Ink ink, std::string_view text,
                     std::string_view tail) {
  std::string line = prefix(who, depth);
  std::size_t room = 0;             // for the text; 0: any
  if (style_.width && depth > 0) {  // what is said of the whole trace is not cut
    const std::size_t taken = columns_of(line) + (tail.empty() ? 0 : 2 + columns_of(tail));
    room = style_.width - std::min(style_.width - 1, taken);
  }
  const bool coloured = style_.colour && ink != Ink::plain;
  if (coloured) line += ink_codes.at(static_cast<std::size_t>(ink));
  line += cut_to(text, room);
  if (coloured) line += "\033[0m";
  if (!tail.empty())
    line += fmt::format(fmt::runtime(style_.colour ? "  \033[2m{}\033[0m" : "  {}"), tail);
  out_.write(line += '\n');
}

void TreeLines::explain(const std::string& who, std::uint32_t depth, const Event& event) {
  if (style_.explain) explain(who, depth, event.layer, event.name);
}

void TreeLines::explain(const std::string& who, std::uint32_t depth, Layer layer,
                        std::string_view name) {
  constexpr std::size_t readable = 100;
  if (!explained_.emplace(layer, name).second) return;
  const std::string text = style_.explain(layer, std::string(name));
  if (text.empty()) return;
  const std::size_t width =
      style_.width ? style_.width : std::max(readable, std::size_t{4} * depth);
  for (std::string_view part : wrap(text, width - std::min(width, prefix(who, depth).size()), "# "))
    line(who, depth, Ink::dim, part);
}

void TreeLines::points(const std::string& who, std::uint32_t depth, const PointGroup& group,
                       ShownPath& shown) {
  std::vector<std::string_view> path;
  if (!hide_paths_) path = path_of(group.first.stack);
  auto differs =
      std::mismatch(path.begin(), path.end(), shown.names.begin(), shown.names.end()).first;
  auto common = static_cast<std::uint32_t>(differs - path.begin());
  auto length = static_cast<std::uint32_t>(path.size());
  for (std::uint32_t i = common; i < length; i++) {
    if (style_.explain) explain(who, depth + i, Layer::kernel, path[i]);
    line(who, depth + i, Ink::kernel, path[i]);
  }
  std::string text = fmt::format("* {}: {}", group.first.name, point_text(group.first));
  if (group.count > 1)
    text += fmt::format("  x {}, the last: {}", group.count, point_text(group.last));
  explain(who, depth + length, group.first);
  line(who, depth + length, Ink::fault, text);
  shown = {std::move(path), group.first.stack};
}

void TreeLines::fault(const std::string& who, const Fault& fault) {
  const Event& event = fault.event;
  bool present = number_arg(event, "present") == 1U;
  explain(who, event.depth + 1, event);
  line(who, event.depth + 1, Ink::fault,
       fmt::format("page fault{}: {} {}{}",
                   event.name == "page_fault_kernel" ? " in the kernel" : "",
                   value_text(arg_of(event, "access")), value_text(arg_of(event, "address")),
                   present ? ", page present" : ""));
  ShownPath shown;
  for (const PointGroup& group : fault.groups) points(who, event.depth + 2, group, shown);
}

void TreeLines::begin(const Header& header) {
  line("", 0, Ink::dim,
       fmt::format("{} view on {}, Linux {}, {} probes: {}", header.view, header.place,
                   header.kernel, header.attached, header.why));
  for (const MissingProbe& missing : header.missing)
    if (!missing.by_nature)
      line("", 0, Ink::bad, fmt::format("not attached: {}: {}", missing.name, missing.reason));
  if (!header.command.empty())
    line("", 0, Ink::plain, fmt::format("{}", fmt::join(header.command, " ")));
}

void TreeLines::end(const Summary& summary) {
  std::string end;
  if (summary.signal)
    end = fmt::format(", killed by signal {}", summary.signal);
  else if (summary.exit_code >= 0)
    end = fmt::format(", exit status {}", summary.exit_code);
  blank();
  for (const std::string& hidden : summary.hidden) line("", 0, Ink::dim, hidden);
  const auto events = summary.counts.events;
  if (summary.complete())
    line("", 0, Ink::dim, fmt::format("complete: {} events, nothing lost{}", events, end));
  else
    line("", 0, Ink::bad,
         fmt::format("incomplete: {} events, but {}{}", events, gaps_text(summary), end));
}

}  // namespace shmpath
