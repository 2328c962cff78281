// SPDX-License-Identifier: BSD-2-Clause
#include "tests/live/terminal.h"

#include <chrono>
#include <cstdlib>
#include <thread>

namespace live {
namespace {

constexpr std::chrono::seconds patience{90};  // a VM boots meanwhile

std::size_t count_of(std::string_view text, std::string_view in) {
  std::size_t count = 0;
  for (auto at = in.find(text); at != std::string_view::npos; at = in.find(text, at + 1)) count++;
  return count;
}

}  // namespace

Terminal::Terminal(unsigned columns, unsigned rows, const std::string& command) {
  const std::string status = (folder_ / "status").string();
  // Ctrl-C is for the command: the shell around it goes on.
  const Outcome begun =
      tmux({"-f", "/dev/null", "-u", "new-session", "-d", "-x", std::to_string(columns), "-y",
            std::to_string(rows),
            "trap : INT; " + command + "; echo $? >" + status + "; echo ended; exec cat"});
  CAPTURE(begun.err);
  REQUIRE(begun.status == 0);
  tmux({"set-option", "-g", "history-limit", "50000"});
}

Terminal::~Terminal() { tmux({"kill-server"}); }

Outcome Terminal::tmux(std::vector<std::string> words) const {
  Command command{{"tmux", "-S", (folder_ / "socket").string()}};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  command.environment = {{"LC_ALL", "C.UTF-8"}, {"TMUX", ""}, {"SHELL", "/bin/sh"}};
  return run_command(std::move(command));
}

void Terminal::press(const std::vector<std::string>& keys) const {
  std::vector<std::string> words{"send-keys"};
  words.insert(words.end(), keys.begin(), keys.end());
  REQUIRE(tmux(std::move(words)).status == 0);
}

void Terminal::resize(unsigned columns, unsigned rows) const {
  REQUIRE(
      tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)}).status ==
      0);
}

std::string Terminal::window() const { return tmux({"capture-pane", "-p"}).out; }
std::string Terminal::all() const { return tmux({"capture-pane", "-p", "-S", "-"}).out; }

bool Terminal::wait_for(std::string_view text, std::size_t times) const {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (count_of(text, all()) < times) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

int Terminal::status() const {
  const std::string text = read_file(folder_ / "status");
  return text.empty() ? -1 : std::atoi(text.c_str());
}

}  // namespace live
