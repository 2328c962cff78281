// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/command_step.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "tracer/commands.h"
#include "tracer/ends.h"
#include "tracer/output.h"
#include "tracer/plan.h"
#include "tracer/record.h"
#include "tracer/signals.h"
#include "tracer/stepper.h"

namespace shmpath {
namespace {

// The reader at the terminal, or, without one, somebody who reads the output later.
class TerminalStudent : public Student {
 public:
  TerminalStudent(Output& out, bool there) : out_(out), there_(there) {}
  bool answers() const override { return there_; }

  // Asked anew for each screen: a window is resized at any time.
  WindowSize window() const override {
    winsize size{};
    if (!there_ || ioctl(STDIN_FILENO, TIOCGWINSZ, &size)) return {};
    if (size.ws_row == 0 || size.ws_col == 0) return {24, 80};  // as on a serial line
    return {size.ws_row, size.ws_col};
  }

  Said ask(const std::string& prompt, std::string& line) override {
    show(prompt);
    while (typed_.find('\n') == std::string::npos) {
      // a signal may come between the look and the wait, which it then does not end
      constexpr int look_ms = 50;
      if (stops_asked()) return Said::interrupted;
      pollfd ready{STDIN_FILENO, POLLIN, 0};
      if (poll(&ready, 1, look_ms) <= 0) continue;
      char bytes[512];
      const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
      if (got > 0) typed_.append(bytes, static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && errno != EINTR)) return Said::end;
    }
    const std::size_t end = typed_.find('\n');
    line = typed_.substr(0, end);
    typed_.erase(0, end + 1);
    return Said::line;
  }

  void show(std::string_view text) override {
    out_.write(text);
    out_.flush();
  }

 private:
  Output& out_;
  bool there_;
  std::string typed_;  // beyond the line that was read
};

// A pipe that the lab's programs print into: a step's output is shown with the step.
class Printed {
 public:
  Printed() { fcntl(ends_.read_end.get(), F_SETFL, O_NONBLOCK); }
  int fd() const { return ends_.write_end.get(); }
  std::string take() const {
    std::string text;
    char bytes[4096];
    for (ssize_t got = 0; (got = read(ends_.read_end.get(), bytes, sizeof(bytes))) > 0;)
      text.append(bytes, static_cast<std::size_t>(got));
    return text;
  }

 private:
  PipeEnds ends_;
};

}  // namespace

bool asks_on_terminal(const Options& options) {
  return options.output.empty() && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

int run_in_steps(const Options& options, const Flow& flow, const Catalogue& catalogue) {
  check_outputs(options);
  const auto out = open_output(options.output);
  TerminalStudent student(*out, asks_on_terminal(options));
  const Printed printed;
  const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Stepper stepper(flow, catalogue, student, [&] { return printed.take(); },
                  {.chinese = options.chinese(), .colour = colour_wanted(options)});
  SessionPlan plan = lab_plan(flow, options, catalogue);
  plan.streams = {.in = nothing.get(), .out = printed.fd(), .error = printed.fd(), .apart = true};
  plan.steps = &stepper;
  const auto recorder = make_recorder(options, stepper);
  return run_session(plan, recorder ? *recorder : stepper).status.as_shell();
}

}  // namespace shmpath
