// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/signals.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>

#include "tracer/failure.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

volatile std::sig_atomic_t last_signal = 0;
volatile std::sig_atomic_t count = 0;

// Or ended, so that it need not be waited for.
bool is_stopped(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return true;
  std::size_t end = text->rfind(") ");  // the name before it may hold anything
  return end == std::string::npos ||
         std::string_view("TtZX").find((*text)[end + 2]) != std::string_view::npos;
}

void on_stop(int signal) {
  last_signal = signal;
  count = count + 1;
}

}  // namespace

StopSignals::StopSignals() {
  last_signal = 0;
  count = 0;
  struct sigaction action {};
  action.sa_handler = on_stop;
  for (std::size_t i = 0; i < std::size(signals); i++) {
    sigaction(signals[i], &action, &before_[i]);
    // nohup(1): whoever let us outlive the terminal means it
    if (signals[i] == SIGHUP && before_[i].sa_handler == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
  }
  before_pipe_ = std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < std::size(signals); i++) sigaction(signals[i], &before_[i], nullptr);
  std::signal(SIGPIPE, before_pipe_);
}

int stops_asked() { return count; }
int last_stop() { return last_signal; }

void continue_stopped(pid_t pid) {
  constexpr int most_waits = 2000;
  for (int waits = 0; waits < most_waits && !is_stopped(pid); waits++)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(pid, SIGCONT);
}

ProcessEnd::ProcessEnd(pid_t pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {
  if (fd_ < 0)
    throw Failure(fmt::format("cannot trace process {}", pid), strerror(errno),
                  "give the pid of a running process");
}

ProcessEnd::~ProcessEnd() { close(fd_); }

bool ProcessEnd::wait(int ms) const {
  pollfd ready{fd_, POLLIN, 0};
  return poll(&ready, 1, ms) > 0;
}

}  // namespace shmpath
