// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/breakpoints.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

#include "tracer/proc.h"
#include "tracer/ptrace.h"

namespace shmpath {
namespace {

constexpr unsigned char nop = 0x90, breakpoint = 0xcc;

}  // namespace

void Breakpoints::plant(pid_t tgid) {
  planted_.erase(tgid);
  std::string file = fmt::format("/proc/{}/exe", tgid);
  std::vector<Marker> markers = markers_of(file, "shmpath");
  std::erase_if(markers, [](const Marker& marker) { return marker.name != "step"; });
  if (markers.empty()) return;
  auto entry = auxiliary_value(tgid, AT_ENTRY);
  if (!entry) return;
  std::uint64_t moved = *entry - entry_address(file);
  for (Marker& marker : markers) {
    marker.address += moved;
    if (ptraced::replace_byte(tgid, marker.address, nop, breakpoint))
      planted_[tgid].push_back(std::move(marker));
  }
}

void Breakpoints::inherit(pid_t parent, pid_t child) {
  if (auto found = planted_.find(parent); found != planted_.end())
    planted_[child] = std::vector(found->second);
}

void Breakpoints::take_out(pid_t tgid, pid_t stopped) {
  if (auto found = planted_.find(tgid); found != planted_.end())
    for (const Marker& marker : found->second)
      ptraced::replace_byte(stopped, marker.address, breakpoint, nop);
}

void Breakpoints::put_back(pid_t tgid, pid_t stopped) {
  if (auto found = planted_.find(tgid); found != planted_.end())
    for (const Marker& marker : found->second)
      ptraced::replace_byte(stopped, marker.address, nop, breakpoint);
}

const Marker* Breakpoints::hit(pid_t tgid, std::uint64_t ip) const {
  auto found = planted_.find(tgid);
  if (found == planted_.end()) return nullptr;
  auto marker = std::find_if(found->second.begin(), found->second.end(),
                             [&](const Marker& m) { return m.address + 1 == ip; });
  return marker == found->second.end() ? nullptr : &*marker;
}

}  // namespace shmpath
