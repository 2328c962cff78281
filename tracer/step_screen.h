// SPDX-License-Identifier: BSD-2-Clause
//
// What the reader of a lab in steps sees: the question before a step, and what happened in it.
// Pure: lines of text for a window of some size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tracer/guest_request.h"
#include "tracer/lab_source.h"
#include "tracer/question.h"
#include "tracer/render.h"
#include "tracer/screen_text.h"

namespace shmpath {

struct ScreenStyle {
  bool chinese = false, colour = false;
};

// A step of a process, from its marker to the next one or to the process's end.
struct StepSection {
  std::string lab, program;
  FlowStep step;
  std::size_t of = 0;  // so many steps has the program
  std::vector<SourceLine> source;
  Question question;
  std::vector<Event> events;
  std::string printed;  // by the program
};

// What the reader said: a choice, or nothing.
using Answer = std::optional<std::size_t>;

enum class AnswerIs { right, wrong, skipped, unclear };  // unclear: what is documented was not seen

struct StepVerdict {
  AnswerIs answer;
  std::string text;
};

// A screen as it is shown, and all of it where something was left out.
struct Screen {
  Lines lines, full;
  bool whole = true;
};

// rows and columns 0: no window, so nothing is left out, and only prose is wrapped.
Screen question_screen(const StepSection& section, WindowSize window, const ScreenStyle& style);
Screen result_screen(const StepSection& section, const Header& header, const Catalogue& catalogue,
                     const Answer& answer, WindowSize window, const ScreenStyle& style);

// By what was seen, whatever the flow says.
StepVerdict judge_answer(const StepSection& section, const Header& header,
                         const Catalogue& catalogue, const Answer& answer, bool chinese);

// The events without what the program did to print.
std::vector<Event> without_printing(const std::vector<Event>& events);

}  // namespace shmpath
