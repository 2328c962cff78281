// SPDX-License-Identifier: BSD-2-Clause
//
// The host's side of one running VM.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tracer/guest_control.h"
#include "tracer/pump.h"
#include "tracer/qemu.h"

namespace shmpath {

// Where the command's streams come from and go to on the host; trace and recording to files, -1:
// there is none.
struct GuestStreams {
  int input, output, error, trace, record;
};

// The last of what a VM says on its serial console or QEMU on its standard error.
class LastWords {
 public:
  void read_from(int fd);
  bool ended() const { return ended_; }
  std::vector<std::string> lines() const;  // the last few, printable
  std::string panic() const;               // why the kernel panicked; "" when it did not

 private:
  std::string text_;
  bool ended_ = false;
};

// Boots a VM and carries the command's bytes, signals and status. The VM ends with this object.
class GuestSession {
 public:
  using Clock = std::chrono::steady_clock;

  GuestSession(const BootPlan& plan, int initramfs, Accelerator accelerator);

  // Waits until the agent is there: false when the VM ends or takes longer. Throws Failure, with
  // 128 + the signal's number as status, when we are told to stop.
  bool wait_for_agent(std::chrono::seconds at_most);
  // Carries everything until the command has ended and all that it wrote is here. Returns its exit
  // status as a shell has it. Throws as above, and when the VM ends or the time is over (0: none).
  int serve(const GuestStreams& streams, std::chrono::seconds at_most);
  // Says why the agent is not there: throws Failure, after the VM's last words on standard error.
  [[noreturn]] void give_up_boot(std::chrono::seconds waited) const;

 private:
  void turn();
  void hear();
  void take(const GuestMessage& message);
  void tell(const GuestMessage& message) { to_tell_ += encode_message(message); }
  void write_control();
  void pass_stops();
  void look_at_streams();
  bool all_here() const;
  void check_alive() const;
  [[noreturn]] void explain_end(const std::string& reason, const std::string& remedy) const;

  std::vector<Fd> ends_;  // ours, of the ports, in GuestPort's order
  Fd console_;
  std::optional<Qemu> qemu_;
  LastWords console_words_, qemu_words_;
  LineReader lines_;
  std::string to_tell_;
  Pump input_, output_, error_, trace_, record_;
  bool input_end_told_ = false, output_unread_told_ = false, error_unread_told_ = false;
  bool agent_there_ = false, gone_ = false;
  std::optional<int> status_;
  int stops_passed_ = 0;
  std::optional<Clock::time_point> must_be_heard_;  // a signal that the agent has yet to take
  int windows_told_ = 0;
};

}  // namespace shmpath
