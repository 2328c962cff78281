// SPDX-License-Identifier: BSD-2-Clause
//
// Probes in the kernel: the documented functions, found by what this kernel has.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tracer/attach_skeleton.h"

namespace shmpath {
namespace {

constexpr const char* not_probeable = "not probeable (the kernel keeps probes out of it)";

// What to say of a function that has no symbol.
std::string absence(const WantedFunction& wanted, const Symbols& symbols) {
  for (const std::string& host : wanted.hosts)
    if (symbols.named(host)) return "inlined into " + host;
  return "not on this kernel";
}

// Code in which the kernel must not be interrupted: it lets nobody put a probe there.
bool in_noinstr_section(const Symbol& symbol, const Symbols& symbols) {
  for (auto [first, last] : {std::pair{"__noinstr_text_start", "__noinstr_text_end"},
                             std::pair{"__entry_text_start", "__entry_text_end"}}) {
    auto from = symbols.named(first), to = symbols.named(last);
    if (from && to && symbol.address >= from->address && symbol.address < to->address) return true;
  }
  return false;
}

}  // namespace

std::optional<Probes::Placed> Probes::place_one(const WantedFunction& wanted, const Symbol& symbol,
                                                const Symbols& symbols) {
  if (functions_.specs.size() >= MAX_FUNCTIONS) {
    missing_.push_back({wanted.name, "more functions than can be probed at once"});
    return std::nullopt;
  }
  if (in_noinstr_section(symbol, symbols)) {
    missing_.push_back({wanted.name, not_probeable, true});
    return std::nullopt;
  }
  std::string name(symbol.name);
  Placed placed{functions_.specs.size(), symbol, types_.function(std::string(symbol.module), name)};
  std::optional<Prototype> prototype;
  if (placed.type) prototype = placed.type->prototype;
  functions_.specs.push_back(
      make_spec(wanted.name, name == wanted.name ? "" : name, prototype, wanted.args));
  skeleton_->bpf->bss->function_layout[placed.number] = layout_of(functions_.specs.back());
  return placed;
}

// Under every name that this kernel has: an old one may live on beside the new.
std::vector<Probes::Placed> Probes::place(const WantedFunction& wanted, const Symbols& symbols) {
  std::vector<Placed> placed;
  std::vector<std::string> names = {wanted.name};
  names.insert(names.end(), wanted.names.begin(), wanted.names.end());
  for (const std::string& name : names)
    if (auto symbol = symbols.named(name); symbol && symbol->address)
      if (auto one = place_one(wanted, *symbol, symbols)) placed.push_back(std::move(*one));
  return placed;
}

bool Probes::attach_traced(const Placed& function) {
  if (!function.type) return false;
  auto& patterns = skeleton_->bpf->progs;
  auto number = static_cast<u32>(function.number);
  Descriptor enter = load_copy(patterns.function_fentry, number, &*function.type);
  Descriptor leave = load_copy(patterns.function_fexit, number, &*function.type);
  if (!enter || !leave) return false;
  // the return first: an entry without it would never be paired
  Descriptor at_return = attach_trampoline(leave.get());
  Descriptor at_entry = at_return ? attach_trampoline(enter.get()) : Descriptor();
  if (!at_entry) return false;
  for (Descriptor* kept : {&enter, &leave}) skeleton_->copies.push_back(std::move(*kept));
  for (Descriptor* kept : {&at_entry, &at_return}) skeleton_->own_links.push_back(std::move(*kept));
  return true;
}

bool Probes::attach_kprobes(const Placed& function) {
  auto& patterns = skeleton_->bpf->progs;
  auto number = static_cast<u32>(function.number);
  Descriptor enter = load_copy(patterns.function_kprobe, number);
  Descriptor leave = load_copy(patterns.function_kretprobe, number);
  if (!enter || !leave) return false;
  Descriptor at_return = attach_kprobe(leave.get(), function.symbol.address, true);
  Descriptor at_entry =
      at_return ? attach_kprobe(enter.get(), function.symbol.address, false) : Descriptor();
  if (!at_entry) return false;
  for (Descriptor* kept : {&enter, &leave}) skeleton_->copies.push_back(std::move(*kept));
  for (Descriptor* kept : {&at_entry, &at_return}) skeleton_->own_links.push_back(std::move(*kept));
  return true;
}

// All by one link; where the kernel refuses that, half of them, to find the ones it refuses.
void Probes::attach_many(const std::vector<Placed>& placed) {
  std::vector<u64> addresses, numbers;
  for (const Placed& function : placed) {
    addresses.push_back(function.symbol.address);
    numbers.push_back(function.number);
  }
  if (addresses.empty()) return;
  auto& patterns = skeleton_->bpf->progs;
  Descriptor at_return =
      attach_multi(bpf_program__fd(patterns.function_multi_exit), addresses, numbers, true);
  Descriptor at_entry;
  if (at_return)
    at_entry =
        attach_multi(bpf_program__fd(patterns.function_multi_enter), addresses, numbers, false);
  if (at_entry) {
    for (Descriptor* kept : {&at_entry, &at_return})
      skeleton_->own_links.push_back(std::move(*kept));
    attached_ += 2 * placed.size();
    return;
  }
  int error = errno;
  if (auto middle = placed.begin() + static_cast<std::ptrdiff_t>(placed.size() / 2);
      placed.size() > 1) {
    attach_many({placed.begin(), middle});
    attach_many({middle, placed.end()});
    return;
  }
  miss(placed.front(), error);
}

// The kernel refuses a place without room for a probe by EINVAL, EBUSY, EOPNOTSUPP or, for many at
// once, ESRCH or ENOENT.
void Probes::miss(const Placed& function, int error) {
  bool no_place =
      error == EINVAL || error == EBUSY || error == EOPNOTSUPP || error == ESRCH || error == ENOENT;
  missing_.push_back(
      {functions_.specs[function.number].name,
       no_place ? not_probeable : std::string("not probeable (") + strerror(error) + ")",
       no_place});
}

bool Probes::is_missing(const std::string& name) const {
  return std::any_of(missing_.begin(), missing_.end(),
                     [&](const MissingProbe& missing) { return missing.name == name; });
}

void Probes::attach_placed(const std::vector<Placed>& placed) {
  if (mechanism_.mechanism == Mechanism::kprobe_multi) {
    attach_many(placed);
    return;
  }
  for (const Placed& function : placed) {
    bool done = (mechanism_.mechanism == Mechanism::fentry && attach_traced(function)) ||
                attach_kprobes(function);
    if (done)
      attached_ += 2;
    else
      miss(function, errno);
  }
}

void Probes::attach_functions(const std::vector<WantedFunction>& wanted, const Symbols& symbols) {
  functions_.names = types_.names();
  std::vector<Placed> placed;
  for (const WantedFunction& function : wanted) {
    std::vector<Placed> found = place(function, symbols);
    if (found.empty() && !is_missing(function.name)) {
      waiting_.push_back(function);
      missing_.push_back({function.name, absence(function, symbols), true});
    }
    for (Placed& one : found) placed.push_back(std::move(one));
  }
  attach_placed(placed);
}

std::size_t Probes::attach_modules(const Symbols& symbols) {
  std::vector<Placed> placed;
  std::erase_if(waiting_, [&](const WantedFunction& function) {
    std::vector<Placed> found = place(function, symbols);
    for (Placed& one : found) placed.push_back(std::move(one));
    if (!found.empty())
      std::erase_if(missing_, [&](const MissingProbe& m) { return m.name == function.name; });
    return !found.empty();
  });
  std::size_t before = attached_;
  attach_placed(placed);
  return (attached_ - before) / 2;
}

}  // namespace shmpath
