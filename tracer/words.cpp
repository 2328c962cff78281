// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tracer/render.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// Arguments that are text of the process's own, and so are quoted.
constexpr std::array<std::string_view, 7> quoted = {"name",     "path",    "pathname", "target",
                                                    "linkpath", "oldpath", "newpath"};

bool is_quoted(std::string_view name) {
  return std::find(quoted.begin(), quoted.end(), name) != quoted.end();
}

std::string joined(const Args& args, const char* between) {
  std::string out;
  for (const Arg& arg : args) {
    if (!out.empty()) out += ", ";
    out += arg.name + between + value_text(arg.value);
  }
  return out;
}

}  // namespace

std::string value_text(const Value& value) {
  if (auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (auto* size = std::get_if<std::uint64_t>(&value)) return std::to_string(*size);
  if (auto* text = std::get_if<std::string>(&value)) return *text;
  return "?";
}

std::string call_text(const Event& entry) {
  // A kernel function's parameters are in no manual: they are named.
  if (entry.layer == Layer::kernel) {
    std::string other = entry.symbol.empty() ? "" : " [" + entry.symbol + "]";
    return entry.name + other + "(" + joined(entry.args, "=") + ")";
  }
  std::string out = entry.name + "(";
  for (std::size_t i = 0; i < entry.args.size(); i++) {
    const Arg& arg = entry.args[i];
    if (i) out += ", ";
    bool text = std::holds_alternative<std::string>(arg.value);
    bool null = text && std::get<std::string>(arg.value) == "NULL";
    if (std::find(entry.unread.begin(), entry.unread.end(), arg.name) != entry.unread.end())
      out += "<unread>";
    else if (text && !null && is_quoted(arg.name))
      out += '"' + std::get<std::string>(arg.value) + '"';
    else
      out += value_text(arg.value);
  }
  return out + ")";
}

std::string result_text(const Event& ret) {
  std::string out =
      std::holds_alternative<std::monostate>(ret.ret) ? "" : "= " + value_text(ret.ret);
  if (!ret.error.empty()) out = (ret.layer == Layer::kernel ? "= -" : "= -1 ") + ret.error;
  if (!ret.args.empty()) out += " {" + joined(ret.args, "=") + "}";
  return out;
}

std::string duration_text(std::uint64_t ns) {
  // half a last digit below each unit, so that nothing rounds up to 1000.0 of the smaller one
  if (ns < 1000) return fmt::format("{} ns", ns);
  if (ns < 999'950) return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
  if (ns < 999'950'000) return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
  return fmt::format("{:.2f} s", static_cast<double>(ns) / 1e9);
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::vector<std::string> command_words(const std::vector<std::vector<std::string>>& commands) {
  std::vector<std::string> words;
  for (const auto& command : commands) {
    if (!words.empty()) words.emplace_back(";");
    for (const std::string& word : command) words.push_back(escape_bytes(word));
  }
  return words;
}

std::string gaps_text(const Summary& summary) {
  const PathCounts& counts = summary.counts;
  const std::pair<std::uint64_t, std::string> gaps[] = {
      {counts.lost, plural(counts.lost, "event") + " lost"},
      {counts.unmatched, plural(counts.unmatched, "return") + " missed"},
      {counts.unread, plural(counts.unread, "string") + " unread"},
      {counts.no_stack, plural(counts.no_stack, "stack") + " missing"},
      {summary.missed, plural(summary.missed, "probe hit") + " missed"},
      {summary.late_probes,
       plural(summary.late_probes, "program") + " begun before the probes on its C library"},
  };
  std::string out;
  auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const auto& [count, text] : gaps)
    if (count) add(text);
  if (summary.other_gaps) add("something that this version of shmpath has no name for");
  if (!summary.cut_off.empty()) add(summary.cut_off);
  return out;
}

std::string point_text(const Event& point) {
  if (point.name != "mm_lru_insertion") return joined(point.args, " ");
  // What matters of a deferred insertion: which folio of which object, and who queued it when.
  auto text = [&](const char* name) {
    const Value* value = find_arg(point, name);
    return value ? value_text(*value) : std::string();
  };
  std::string out = find_arg(point, "pfn") ? "pfn " + text("pfn") : "a folio";
  if (find_arg(point, "lru")) out += " to " + text("lru");
  if (find_arg(point, "inode"))
    out += fmt::format(", page {} of inode {}", text("index"), text("inode"));
  if (!find_arg(point, "queued_by")) return out;
  out += fmt::format(", queued {} ago by {}",
                     duration_text(number_arg(point, "queued_ns").value_or(0)), text("queued_by"));
  if (find_arg(point, "queued_in_step")) out += " in step " + text("queued_in_step");
  if (find_arg(point, "queued_for")) out += " for " + text("queued_for");
  if (find_arg(point, "drained_by")) out += ", drained by " + text("drained_by");
  return out;
}

}  // namespace shmpath
