// SPDX-License-Identifier: BSD-2-Clause
//
// The question about a step: what will the kernel do? The right answer is what the flow documents;
// the others are what it documents of other steps, and do not happen in this one. Pure, and the
// same at every run.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/event.h"
#include "tracer/flow.h"

namespace shmpath {

// What the kernel may do in a step. All of it must be so for the choice to be true.
struct Choice {
  std::string user;                  // the function of the C library, where its name is another
  std::vector<std::string> syscall;  // any of these; none: no system call is meant
  bool fault = false;                // a page fault
  std::string function;              // of the kernel, documented name; "" where none is
  bool nothing() const { return syscall.empty() && !fault && function.empty(); }
  bool operator==(const Choice&) const = default;
};

struct Question {
  std::vector<Choice> choices;  // the last is "none of these"
  std::size_t right = 0;
};

// The step's own description, for what it documents; nothing() where it documents nothing.
Choice documented(const FlowStep& step, const Catalogue& catalogue);

// `source` is the text of the step, `helpers` what is before the first step of the program: a call
// that is named there is not offered as a wrong answer.
Question make_question(const Flow& flow, const FlowStep& step, const Catalogue& catalogue,
                       std::string_view source, std::string_view helpers);

// Whether the choice is wrong by what the flow documents and the source names.
bool is_wrong_for(const Choice& choice, const FlowStep& step, std::string_view source,
                  std::string_view helpers);

std::string choice_text(const Choice& choice, bool chinese);

// What was seen in a step, by name.
struct StepSeen {
  std::set<std::string> user, syscall, kernel;  // kernel: entered, or on a stack
  bool fault = false, lost = false;
};
StepSeen look_at(const std::vector<Event>& events);

struct ChoiceSeen {
  // The system call, from the C library's function; or the page fault. Where neither is meant, the
  // kernel's function.
  bool call = false;
  bool function = false;  // the kernel's function; true where none is meant
};
ChoiceSeen find_choice(const Choice& choice, const StepSeen& seen, const Catalogue& catalogue);

}  // namespace shmpath
