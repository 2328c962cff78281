// SPDX-License-Identifier: BSD-2-Clause
//
// The checks that count: page faults in a mapping, and bytes that were copied.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <map>
#include <set>

#include "tracer/rubric_checks.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

std::optional<std::uint64_t> address_of(const Value* value) {
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  if (!text || !text->starts_with("0x")) return std::nullopt;
  std::uint64_t address = 0;
  const auto [end, error] =
      std::from_chars(text->data() + 2, text->data() + text->size(), address, 16);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return address;
}

}  // namespace

// The page faults at addresses of the first mapping that the rule describes, until it is unmapped
// or its process ends.
CheckResult check_faults(const RubricLine& line, const CheckedTrace& trace) {
  const Rule& rule = line.see.front();
  const auto found = all_that_match(rule, trace);
  if (found.empty()) return check_rule_here(rule, trace);
  const Seen& mapping = *found.front();
  const auto start = mapping.ret ? address_of(&mapping.ret->ret) : std::nullopt;
  const auto length = number_of(find_value(mapping, "length"));
  CheckResult result;
  Rule due;
  due.min = line.min;
  due.max = line.max;
  result.expected =
      fmt::format("{} page faults in the mapping of {}", due_text(due), seen_call_text(mapping));
  result.at = mapping.event;
  if (!start || !length || *length < 0) {
    result.seen = "that mmap failed";
    return result;
  }
  std::size_t count = 0;
  const std::uint64_t from = *start, bytes = static_cast<std::uint64_t>(*length);
  const auto inside = [=](const Value* value) {
    const auto address = address_of(value);
    return address && *address >= from && *address - from < bytes;
  };
  for (const Seen* seen = &mapping; seen != trace.seen.data() + trace.seen.size(); ++seen) {
    if (seen->event->pid != mapping.event->pid) continue;
    if (seen->event->name == "munmap" && inside(find_arg(*seen->event, "addr"))) break;
    if (seen->event->name != "page_fault_user" || !inside(find_arg(*seen->event, "address")))
      continue;
    count++;
    result.at = seen->event;
  }
  result.met = count >= line.min && (!line.max || count <= *line.max);
  result.seen = plural(count, "page fault");
  return result;
}

namespace {

// Those that move bytes between memory and a file, a pipe, a socket or another process, and return
// how many.
bool copies(const std::string& name) {
  static const std::set<std::string> calls = {
      "read",   "write",           "pread64",          "pwrite64",          "readv",
      "writev", "preadv",          "pwritev",          "preadv2",           "pwritev2",
      "sendto", "recvfrom",        "sendmsg",          "recvmsg",           "sendfile",
      "splice", "copy_file_range", "process_vm_readv", "vmsplice",          "tee",
      "msgsnd", "msgrcv",          "mq_timedsend",     "process_vm_writev", "mq_timedreceive"};
  return calls.contains(name);
}

// The first call of the run that the line is given, so that what the loader reads does not count;
// the run's start if none is given of it.
const Event* work_begins(const RubricLine& line, const std::string& run,
                         const CheckedTrace& trace) {
  for (const Rule& rule : line.given)
    if (rule.program == run)
      if (const auto found = all_that_match(rule, trace); !found.empty())
        return found.front()->event;
  return nullptr;
}

}  // namespace

CheckResult check_no_copy(const RubricLine& line, const CheckedTrace& trace) {
  CheckResult result;
  result.expected =
      fmt::format("less than {} bytes through read, write, send and the like", line.bytes);
  for (const std::string& run : line.runs) {
    std::map<std::string, std::uint64_t> moved;  // by call
    const Event* last = nullptr;
    const Event* begun = work_begins(line, run, trace);
    std::uint64_t sum = 0;
    for (const Seen& seen : trace.seen) {
      if (seen.program != run || seen.event < begun || seen.event->layer != Layer::syscall ||
          !seen.ret || !copies(seen.event->name))
        continue;
      const auto bytes = number_of(&seen.ret->ret);
      if (!bytes || *bytes <= 0) continue;
      sum += static_cast<std::uint64_t>(*bytes);
      moved[seen.event->name] += static_cast<std::uint64_t>(*bytes);
      last = seen.event;
    }
    if (sum < line.bytes) continue;
    std::vector<std::string> said;
    said.reserve(moved.size());
    for (const auto& [name, bytes] : moved) said.push_back(fmt::format("{} by {}", bytes, name));
    result.seen = fmt::format("{} bytes in the run {}: {}", sum, run, fmt::join(said, ", "));
    result.at = last;
    return result;
  }
  result.met = true;
  return result;
}

}  // namespace shmpath
