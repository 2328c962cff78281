// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>

#include "tracer/explain.h"
#include "tracer/screen_text.h"
#include "tracer/text.h"

namespace shmpath {

// One paragraph of explain: a heading, sentences, and facts with a label each.
class Page {
 public:
  explicit Page(const PageStyle& style) : style_(style) {}
  const char* say(const char* en, const char* zh) const { return style_.chinese ? zh : en; }
  const std::string& say(const Text& text) const { return text.in(style_.chinese); }
  void heading(const std::string& text) { add(text, ""); }
  void sentence(const std::string& text) { add(text, "  "); }
  void gap() { text_ += '\n'; }
  void fact(const std::string& label, const std::string& text) {
    if (!text.empty()) add(text, "  " + padded(label, label_columns));
  }
  const std::string& text() const { return text_; }

 private:
  static constexpr std::size_t label_columns = 18;
  void add(const std::string& text, const std::string& first) {
    text_ += paragraph(strip_controls(text), style_.width, strip_controls(first));
  }
  const PageStyle& style_;
  std::string text_;
};

}  // namespace shmpath
