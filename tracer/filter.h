// SPDX-License-Identifier: BSD-2-Clause
//
// What of a trace is shown: renderers that stand in front of the tree, hide calls and points, and
// count in Summary::hidden what they hid. Steps, lost events and what becomes of processes
// (sched_process_*) are always shown. In a lab, what a process does before its first step goes
// through unseen: the tree leaves it out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tracer/render.h"

namespace shmpath {

struct Filters {
  std::optional<std::uint32_t> depth = std::nullopt;  // calls within so many others are hidden
  std::uint64_t min_ns = 0;            // calls shorter than this, and all inside them
  std::vector<std::string> only = {};  // globs: what is shown, with what leads there
  bool from_first_step = false;
};

// The filters that are asked for, before `shown`.
std::unique_ptr<Renderer> filtered(std::unique_ptr<Renderer> shown, const Filters& filters);

std::unique_ptr<Renderer> make_depth_filter(std::unique_ptr<Renderer> shown, std::uint32_t depth,
                                            bool from_first_step);
std::unique_ptr<Renderer> make_duration_filter(std::unique_ptr<Renderer> shown,
                                               std::uint64_t min_ns, bool from_first_step);
std::unique_ptr<Renderer> make_only_filter(std::unique_ptr<Renderer> shown,
                                           std::vector<std::string> globs, bool from_first_step);

}  // namespace shmpath
