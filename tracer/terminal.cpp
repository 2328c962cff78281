// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

#include "tracer/failure.h"

namespace shmpath {
namespace {

volatile std::sig_atomic_t changes = 0;

void on_change(int /*signal*/) { changes = changes + 1; }

}  // namespace

RawTerminal::RawTerminal() {
  if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before_))
    throw Failure("cannot open a shell in the VM", "standard input or output is no terminal",
                  "use shmpath vm run -- COMMAND");
  changes = 0;
  std::signal(SIGWINCH, on_change);
  termios raw = before_;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

RawTerminal::~RawTerminal() {
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  std::signal(SIGWINCH, SIG_DFL);
}

WindowSize window_size() {
  winsize size{};
  ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
  return {size.ws_row, size.ws_col};
}

int window_changes() { return changes; }

}  // namespace shmpath
