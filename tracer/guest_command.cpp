// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_command.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "tracer/argv.h"
#include "tracer/ends.h"
#include "tracer/failure.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

std::system_error failed_call(const char* call) { return {errno, std::generic_category(), call}; }

void never_block(const Fd& fd) {
  if (fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK)) throw failed_call("fcntl");
}

// The program is looked for with the command's own PATH and in its folder, which become ours.
std::string find_program(const GuestRequest& request) {
  clearenv();
  for (const std::string& variable : request.environment)
    if (variable.starts_with("PATH=")) setenv("PATH", variable.c_str() + 5, 1);
  if (chdir(request.folder.c_str()))
    throw Failure("cannot enter " + request.folder + " in the VM", strerror(errno),
                  "start shmpath in a folder that is the host's own, not one of /proc or /run");
  return resolve_command(request.command.front());
}

// The terminal's ends: ours, and the command's.
PipeEnds open_terminal(const WindowSize& size) {
  PipeEnds ends;
  ends.read_end = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!ends.read_end || grantpt(ends.read_end.get()) || unlockpt(ends.read_end.get()))
    throw failed_call("posix_openpt");
  char name[64];
  if (ptsname_r(ends.read_end.get(), name, sizeof(name))) throw failed_call("ptsname");
  ends.write_end = Fd(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!ends.write_end) throw failed_call(name);
  const winsize window{static_cast<unsigned short>(size.rows),
                       static_cast<unsigned short>(size.columns), 0, 0};
  ioctl(ends.read_end.get(), TIOCSWINSZ, &window);
  return ends;
}

}  // namespace

GuestCommand::GuestCommand(const GuestRequest& request) : terminal_(request.window.has_value()) {
  if (terminal_) {
    PipeEnds ends = open_terminal(*request.window);
    input_ = std::move(ends.read_end);
    start(request, ends.write_end, ends.write_end, ends.write_end);
    never_block(input_);
    return;
  }
  PipeEnds input, output, error;
  start(request, input.read_end, output.write_end, error.write_end);
  input_ = std::move(input.write_end);
  output_ = std::move(output.read_end);
  error_ = std::move(error.read_end);
  for (const Fd* end : {&input_, &output_, &error_}) never_block(*end);
}

void GuestCommand::start(const GuestRequest& request, const Fd& input, const Fd& output,
                         const Fd& error) {
  const std::string file = find_program(request);
  const auto words = pointers_to(request.command), variables = pointers_to(request.environment);
  PipeEnds failed;  // gets errno when the exec fails
  pid_ = fork();
  if (pid_ < 0) throw failed_call("fork");
  if (pid_ == 0) {
    setsid();
    dup2(input.get(), STDIN_FILENO);
    dup2(output.get(), STDOUT_FILENO);
    dup2(error.get(), STDERR_FILENO);
    if (terminal_) ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    std::signal(SIGPIPE, SIG_DFL);
    execve(file.c_str(), words.data(), variables.data());
    const int reason = errno;
    [[maybe_unused]] ssize_t told = write(failed.write_end.get(), &reason, sizeof(reason));
    _exit(exit_failure);
  }
  failed.write_end.reset();
  int reason = 0;
  if (read(failed.read_end.get(), &reason, sizeof(reason)) != sizeof(reason)) return;
  waitpid(pid_, nullptr, 0);
  throw Failure("cannot run " + request.command.front(), strerror(reason),
                "check the file and its interpreter",
                reason == ENOENT ? exit_not_found : exit_not_executable);
}

void GuestCommand::close_input() {
  if (terminal_)
    kill(-pid_, SIGHUP);
  else
    input_.reset();
}

void GuestCommand::set_window(const WindowSize& size) const {
  const winsize window{static_cast<unsigned short>(size.rows),
                       static_cast<unsigned short>(size.columns), 0, 0};
  if (terminal_) ioctl(input_.get(), TIOCSWINSZ, &window);
}

void GuestCommand::send_signal(int number) const { kill(-pid_, number); }

}  // namespace shmpath
