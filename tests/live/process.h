// SPDX-License-Identifier: BSD-2-Clause
//
// A program run by a test: its streams captured, its end awaited, never for ever.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace live {

struct Command {
  std::vector<std::string> argv;
  std::string input{};                               // fed to standard input, which then ends
  bool hold_input = false;                           // keep standard input open until close_input()
  std::map<std::string, std::string> environment{};  // added to ours, less every SUDO_ variable
  std::string directory{};                           // "": where the test runs
  std::chrono::seconds timeout{60};                  // then it is killed, with its process group
};

struct Outcome {
  int status = -1;  // exit status; 128+N when signal N ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

// Owns one child process in a process group of its own, and kills that group when it goes.
class Process {
 public:
  explicit Process(Command command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void send_signal(int number) const;
  void write_input(std::string_view bytes) const;
  void close_input();

  // Waits until standard output (or error) holds the text. False: it ended, or time ran out.
  bool wait_for_output(std::string_view text);
  bool wait_for_error(std::string_view text);
  const std::string& output() const { return outcome_.out; }

  // Waits for the end of the program and of its output.
  Outcome finish();

 private:
  using Clock = std::chrono::steady_clock;

  void pump(std::chrono::milliseconds at_most);  // reads what is there; reaps the child
  bool wait_for(const std::string& stream, std::string_view text);
  bool streams_open() const { return out_ >= 0 || err_ >= 0; }

  Command command_;
  Clock::time_point deadline_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int in_ = -1, out_ = -1, err_ = -1;
  Outcome outcome_;
};

Outcome run_command(Command command);

}  // namespace live
