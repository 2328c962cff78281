// SPDX-License-Identifier: BSD-2-Clause
//
// What the reader of a lab in steps sees: the question before a step, and what happened in it.
// Pure: lines of text for a window of some size.
#pragma once

#include "tracer/guest_request.h"
#include "tracer/render.h"
#include "tracer/screen_text.h"
#include "tracer/step_verdict.h"

namespace shmpath {

struct ScreenStyle {
  bool chinese = false, colour = false;
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

}  // namespace shmpath
