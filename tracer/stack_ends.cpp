// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/stack_ends.h"

#include "tracer/json_text.h"
#include "tracer/trace_parser.h"

namespace shmpath {

StackEnds::Beginning StackEnds::cut(std::string_view line) {
  if (!line.ends_with("]}")) return {};
  for (const End& end : ends_) {
    if (end.text.empty() || !line.ends_with(end.text)) continue;
    line.remove_suffix(end.text.size());
    if (line.ends_with('{')) return {};  // the comma is one too many
    (beginning_ = line) += '}';
    beginning_.append(parser_padding, '\0');
    return {std::string_view(beginning_).substr(0, line.size() + 1), end.stack};
  }
  return {};
}

void StackEnds::learn(std::string_view line, const Stack& stack) {
  std::string text;
  append_list(text, "stack", *stack);
  text += '}';
  if (text.size() > longest || !line.ends_with(text)) return;
  ends_[oldest_] = {std::move(text), stack};
  oldest_ = (oldest_ + 1) % ends_.size();
}

}  // namespace shmpath
