// SPDX-License-Identifier: BSD-2-Clause
//
// The program that is traced: started as the person who asked, and held until
// every probe is live.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tracer/inherited.h"

namespace shmpath {

// The file that a shell would run for the word: itself if it has a slash, else found in PATH.
// Throws Failure with status 127 (not found) or 126 (not executable).
std::string resolve_command(const std::string& word);

struct ExitStatus {
  int code = -1;  // -1 when a signal ended it
  int signal = 0;
  int as_shell() const { return signal ? 128 + signal : code; }
};

// Where the target's standard streams go: the same as ours, or a file descriptor.
struct TargetStreams {
  int in = -1, out = -1, error = -1;
  // In a process group of its own, so that the terminal's keys are not for it; and should we die
  // while it is stopped, it goes on.
  bool apart = false;
};

// A child of ours, forked and waiting on a pipe. If we die first, it exits without having run.
class Target {
 public:
  Target(const std::vector<std::string>& command, const Identity& who,
         const TargetStreams& streams);
  ~Target();  // kills it if it was never released
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  pid_t pid() const { return pid_; }
  // Lets it exec. Throws Failure (126, 127) when the exec fails.
  void release();
  // The two halves of that, for a tracer that the exec waits for. The second returns when the exec
  // is done, or the child has ended.
  void let_go();
  void require_exec();
  // Its status once it has ended.
  std::optional<ExitStatus> ended();
  // Somebody else has waited for it.
  void note_end(int wait_status);

 private:
  [[noreturn]] void run_child(const std::vector<std::string>& command, const std::string& file,
                              const Identity& who, const Inherited& inherited,
                              const TargetStreams& streams);
  pid_t pid_ = -1;
  std::string name_;
  int go_[2] = {-1, -1};      // we write: exec now
  int failed_[2] = {-1, -1};  // it writes: errno of the exec that failed
  bool released_ = false;
  std::optional<ExitStatus> status_;
};

}  // namespace shmpath
