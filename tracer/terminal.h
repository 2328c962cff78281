// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <termios.h>

#include "tracer/guest_request.h"

namespace shmpath {

// While it lives, each key goes to the VM as it is pressed, and changes of the window's size are
// counted. The terminal of standard input is as before afterwards.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
};

WindowSize window_size();  // of the terminal of standard input
int window_changes();      // since the RawTerminal began

}  // namespace shmpath
