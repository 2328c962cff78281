// SPDX-License-Identifier: BSD-2-Clause
//
// A real terminal for a program under test: tmux, with a server of its own, run by no one's
// configuration.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/live/support.h"

namespace live {

class Terminal {
 public:
  // The words become one command of a shell, without quotes.
  Terminal(unsigned columns, unsigned rows, const std::string& command);
  ~Terminal();  // ends the server and all that runs in it
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Keys as tmux names them: "b", "Enter", "C-c".
  void press(const std::vector<std::string>& keys) const;
  void resize(unsigned columns, unsigned rows) const;
  std::string window() const;  // what stands in it now, each line without trailing spaces
  std::string all() const;     // with what has left it at the top
  // Waits until the text stands there for the so-many-th time. False: not within the time.
  bool wait_for(std::string_view text, std::size_t times = 1) const;
  // The exit status of the command, once it has ended; -1 when it has not.
  int status() const;

 private:
  Outcome tmux(std::vector<std::string> words) const;
  TempFolder folder_;
};

}  // namespace live
