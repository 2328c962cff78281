// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/tree_thread.h"

#include <algorithm>
#include <string>

#include "tracer/words.h"

namespace shmpath {
namespace {

// A kernel function's arguments are of the work it is given, not of what the program names.
bool same_object(const Event& a, const Event& b) {
  if (a.layer == Layer::kernel) return a.args.size() == b.args.size();
  return !a.args.empty() && !b.args.empty() && a.args[0] == b.args[0];
}

// Flags and commands say what is asked for; numbers and addresses only how much and where.
bool asks_the_same(const Arg& a, const Arg& b) {
  auto* word = std::get_if<std::string>(&a.value);
  auto* other = std::get_if<std::string>(&b.value);
  if (a.name != b.name || !word != !other) return false;
  return !word || *word == *other || (word->starts_with("0x") && other->starts_with("0x"));
}

}  // namespace

bool ShownCall::repeated_by(const Event& now, const Event& now_ret) const {
  return now.name == entry.name && now.depth == entry.depth && now_ret.error == ret.error &&
         same_object(now, entry) &&
         std::equal(now.args.begin(), now.args.end(), entry.args.begin(), entry.args.end(),
                    asks_the_same) &&
         call_text(now).find('"') == std::string::npos;
}

}  // namespace shmpath
