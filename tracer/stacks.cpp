// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/stacks.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace shmpath {
namespace {

constexpr std::size_t most_tracer_frames = 6;  // how deep the tracer's own frames may lie
constexpr std::size_t fewest_located = 3;

bool is_tracer_frame(std::string_view name) {
  return name.starts_with("bpf_prog_") || name.starts_with("bpf_trace_run") ||
         name.starts_with("__bpf_trace_") || name.starts_with("__traceiter_") ||
         name.starts_with("bpf_get_stack");
}

// What a compiler or the kernel puts between a call and its target: never a function of interest.
bool is_trampoline(std::string_view name) {
  if (constexpr std::string_view alias = "__pi_"; name.starts_with(alias))
    name.remove_prefix(alias.size());  // the same code, as the boot code calls it
  return name.starts_with("__x86_") || name.starts_with("__SCT__") ||
         name.starts_with("__fentry__") || name.starts_with("retpoline") ||
         name.starts_with("bpf_trampoline_") || name.starts_with("kretprobe_trampoline");
}

// The kernel at work for a uprobe: putting it in when a file is mapped, and running it.
bool is_for_probes(std::string_view name) {
  return name.starts_with("uprobe_") || name == "handle_swbp" || name == "exc_int3";
}

// What the kernel runs between a probed function and its program.
bool is_trampoline_frame(std::string_view name) {
  return name.starts_with("bpf_trampoline_") || name.starts_with("ftrace_") ||
         name.starts_with("kprobe_") || name.starts_with("fprobe_") || name.starts_with("arch_") ||
         name.starts_with("aggr_");
}

// The function called right before a return address, where the call names it (x86: e8 rel32).
std::optional<std::uint64_t> call_target(std::uint64_t ip, std::uint64_t code) {
  unsigned char bytes[8];
  std::memcpy(bytes, &code, sizeof(bytes));
  if (bytes[3] != 0xe8) return std::nullopt;
  std::int32_t distance;
  std::memcpy(&distance, bytes + 4, sizeof(distance));
  return ip + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
}

// A return address follows its call, so the function is the one that holds the byte before it.
std::optional<Symbol> caller_at(const Symbols& symbols, std::uint64_t ip) {
  return symbols.at(ip - 1);
}

}  // namespace

std::vector<std::string> name_frames(const stack_frames& frames, const Symbols& symbols) {
  std::size_t count = std::min<std::size_t>(frames.count, MAX_FRAMES);
  // The BPF program itself lies outside the kernel's symbols, or past its last one: everything up
  // to the last of the tracer's frames goes.
  std::size_t first = 0;
  for (std::size_t i = 0; i < std::min(count, most_tracer_frames); i++)
    if (auto symbol = caller_at(symbols, frames.ip[i]); symbol && is_tracer_frame(symbol->name))
      first = i + 1;

  std::vector<std::string> names;
  std::uint64_t inner = 0;  // address of the function one frame further in
  for (std::size_t i = first; i < count; i++) {
    auto target = call_target(frames.ip[i], frames.call[i]);
    if (inner && target && *target != inner)
      if (auto jumped = symbols.at(*target);
          jumped && jumped->address == *target && !is_trampoline(jumped->name) && !names.empty() &&
          base_name(jumped->name) != names.back())  // foo that went on in foo.cold
        names.emplace_back(base_name(jumped->name));
    auto symbol = caller_at(symbols, frames.ip[i]);
    inner = symbol ? symbol->address : 0;
    // between a probed function and its caller lies the trampoline that runs our programs
    if (symbol && !is_trampoline(symbol->name)) names.emplace_back(base_name(symbol->name));
  }
  return names;
}

std::optional<known_stack> locate_frames(const stack_frames& frames, const stack_sample& sample) {
  std::size_t count = std::min<std::size_t>(frames.count, MAX_FRAMES);
  std::size_t words = std::min<std::size_t>(sample.depth, MAX_STACK_COPY) / 8;
  if (words < fewest_located) return std::nullopt;
  std::vector<std::uint64_t> stack(words);
  std::memcpy(stack.data(), sample.words, words * 8);

  std::vector<std::size_t> places;
  std::vector<std::uint64_t> located;
  for (std::size_t i = 0; i < count; i++) {
    auto found = std::find(stack.begin(), stack.end(), frames.ip[i]);
    if (found == stack.end()) {
      // only the tracer's own innermost frames lie below the context
      if (!located.empty() || i >= most_tracer_frames) return std::nullopt;
      continue;
    }
    if (std::find(found + 1, stack.end(), frames.ip[i]) != stack.end()) return std::nullopt;
    auto place = static_cast<std::size_t>(found - stack.begin());
    if (!places.empty() && place <= places.back()) return std::nullopt;
    places.push_back(place);
    located.push_back(frames.ip[i]);
  }
  if (located.size() < fewest_located || located.size() > KNOWN_FRAMES) return std::nullopt;

  known_stack known{};
  known.key = sample.key;
  known.depth = sample.depth;
  known.site = sample.site;
  known.count = static_cast<u32>(located.size());
  known.first = static_cast<u32>(places.front() * 8);
  known.bytes = static_cast<u32>((places.back() - places.front() + 1) * 8);
  for (std::size_t i = 0; i < located.size(); i++) {
    known.word[i] = static_cast<u16>(places[i] - places.front());
    known.ip[i] = located[i];
  }
  return known;
}

Stack Stacks::resolve(std::uint64_t key) {
  if (key == 0) return nullptr;
  if (auto known = known_.find(key); known != known_.end()) return known->second;
  auto frames = fetch_(key);
  if (!frames) return nullptr;
  auto names = std::make_shared<const std::vector<std::string>>(name_frames(*frames, symbols_));
  known_.emplace(key, names);
  if (std::any_of(names->begin(), names->end(), is_for_probes)) ours_.insert(key);
  return names;
}

Stack Stacks::name_callers(std::span<const std::uint64_t> ips) {
  stack_frames frames{};
  frames.count = static_cast<u32>(std::min<std::size_t>(ips.size(), MAX_FRAMES));
  std::copy_n(ips.begin(), frames.count, frames.ip);
  auto names = name_frames(frames, symbols_);
  // the function itself, with what stands between it and the program that asked
  auto self = std::find_if_not(names.begin(), names.end(), is_trampoline_frame);
  if (self != names.end()) self++;
  names.erase(names.begin(), self);
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

bool Stacks::ours(std::uint64_t key) {
  resolve(key);
  return ours_.contains(key);
}

}  // namespace shmpath
