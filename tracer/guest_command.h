// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <sys/types.h>

#include "tracer/fd.h"
#include "tracer/guest_request.h"

namespace shmpath {

// The command that runs in the VM, on three pipes or on a terminal of its own. It is the leader of
// its session and process group, so that what it starts gets its signals too.
class GuestCommand {
 public:
  // Starts it. Throws Failure with 126 or 127 when that cannot be.
  explicit GuestCommand(const GuestRequest& request);

  pid_t pid() const { return pid_; }
  // Our ends, non-blocking. On a terminal all three are the same.
  int input() const { return input_.get(); }
  int output() const { return terminal_ ? input_.get() : output_.get(); }
  int error() const { return error_.get(); }  // -1 on a terminal
  bool on_terminal() const { return terminal_; }

  void close_input();  // end of file; on a terminal, a hang-up
  void close_output() { output_.reset(); }
  void close_error() { error_.reset(); }
  void set_window(const WindowSize& size) const;
  void send_signal(int number) const;

 private:
  void start(const GuestRequest& request, const Fd& input, const Fd& output, const Fd& error);

  pid_t pid_ = -1;
  Fd input_, output_, error_;
  bool terminal_ = false;
};

}  // namespace shmpath
