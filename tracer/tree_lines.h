// SPDX-License-Identifier: BSD-2-Clause
//
// The lines of the tree: how one is indented and coloured, and how a kernel
// path becomes lines.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tracer/render.h"

namespace shmpath {

enum class Ink { plain, user, syscall, kernel, fault, step, dim, bad };

// Points that follow each other and differ in values only.
struct PointGroup {
  Event first;
  Event last;  // once there are two
  std::uint64_t count = 0;
  void add(const Event& event) { (count++ ? last : first) = event; }
  bool same_path(const Event& event) const {
    return count && first.name == event.name && first.depth == event.depth &&
           same_stack(first.stack, event.stack);
  }
  // The same names may have been recognised in two ways.
  static bool same_stack(const Stack& a, const Stack& b) { return a == b || (a && b && *a == *b); }
};

// One page fault with the points of its path, or with the functions that handled it.
struct Fault {
  Event event;
  std::vector<PointGroup> groups;
  std::vector<Event> body;
  bool like(const Fault& other) const;  // the same path, whatever the address and the frames
};

// The kernel path that stands on the screen last, outermost function first.
struct ShownPath {
  std::vector<std::string_view> names;
  Stack keeps;  // what the names point into
};

class TreeLines {
 public:
  TreeLines(Output& out, TreeStyle style) : out_(out), style_(std::move(style)) {}
  void blank() { out_.write("\n"); }
  // `who` names the process where there are several; `tail` is the dim end of the line.
  void line(const std::string& who, std::uint32_t depth, Ink ink, std::string_view text,
            std::string_view tail = "");
  // Above the first line of that name: what it is, where explanations are asked for.
  void explain(const std::string& who, std::uint32_t depth, const Event& event);
  // The functions that lead to the points, those already shown left out, then the points.
  void points(const std::string& who, std::uint32_t depth, const PointGroup& group,
              ShownPath& shown);
  // The functions are lines of their own, so the points' stacks are not shown.
  void hide_paths() { hide_paths_ = true; }
  void fault(const std::string& who, const Fault& fault);
  void begin(const Header& header);
  void end(const Summary& summary);

 private:
  void explain(const std::string& who, std::uint32_t depth, Layer layer, std::string_view name);
  std::string prefix(const std::string& who, std::uint32_t depth) const;

  Output& out_;
  TreeStyle style_;
  std::set<std::pair<Layer, std::string>, std::less<>> explained_;
  bool hide_paths_ = false;
};

}  // namespace shmpath
