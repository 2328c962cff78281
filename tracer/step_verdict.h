// SPDX-License-Identifier: BSD-2-Clause
//
// Whether an answer was right: judged by what was seen in the step, not by the flow alone. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tracer/lab_source.h"
#include "tracer/question.h"
#include "tracer/render.h"

namespace shmpath {

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

// By what was seen, whatever the flow says.
StepVerdict judge_answer(const StepSection& section, const Header& header,
                         const Catalogue& catalogue, const Answer& answer, bool chinese);

// The events without what the program did to print.
std::vector<Event> without_printing(const std::vector<Event>& events);

}  // namespace shmpath
