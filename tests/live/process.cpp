// SPDX-License-Identifier: BSD-2-Clause
#include "tests/live/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace live {
namespace {

using std::chrono::milliseconds;

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  return ends;
}

void close_once(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// What `sudo ./test` leaves in the environment would make shmpath change user in every test.
std::vector<std::string> environment_of(const Command& command) {
  std::map<std::string, std::string> all{{"LC_ALL", "C"}};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos && !text.starts_with("SUDO_") && !text.starts_with("LC_"))
      all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.environment) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void become(const Command& command, char* const* argv, char* const* environment,
                         int in, int out, int err) {
  setpgid(0, 0);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) _exit(127);
  execvpe(argv[0], argv, environment);
  dprintf(STDERR_FILENO, "test cannot execute %s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace

Process::Process(Command command)
    : command_(std::move(command)), deadline_(Clock::now() + command_.timeout) {
  auto argv = pointers(command_.argv);
  auto lines = environment_of(command_);
  auto environment = pointers(lines);
  auto in = make_pipe(), out = make_pipe(), err = make_pipe();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(command_, argv.data(), environment.data(), in[0], out[1], err[1]);
  setpgid(pid_, pid_);
  close(in[0]);
  close(out[1]);
  close(err[1]);
  in_ = in[1];
  out_ = out[0];
  err_ = err[0];
  signal(SIGPIPE, SIG_IGN);  // a program that ends before it has read its input is no error here
  write_input(command_.input);
  if (!command_.hold_input) close_input();
}

Process::~Process() {
  if (!ended_) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close_once(in_);
  close_once(out_);
  close_once(err_);
}

void Process::send_signal(int number) const { kill(pid_, number); }

void Process::write_input(std::string_view bytes) const {
  if (bytes.empty() || in_ < 0) return;
  if (write(in_, bytes.data(), bytes.size()) < 0 && errno != EPIPE)
    throw std::system_error(errno, std::generic_category(), "write to the program under test");
}

void Process::close_input() { close_once(in_); }

void Process::pump(milliseconds at_most) {
  std::array<pollfd, 2> fds{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  poll(fds.data(), fds.size(), static_cast<int>(at_most.count()));
  for (std::size_t i = 0; i < fds.size(); ++i) {
    if (fds[i].revents == 0) continue;
    std::array<char, 65536> buffer{};
    const ssize_t got = read(fds[i].fd, buffer.data(), buffer.size());
    std::string& text = i == 0 ? outcome_.out : outcome_.err;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) close_once(i == 0 ? out_ : err_);
  }
  int wait_status = 0;
  if (!ended_ && waitpid(pid_, &wait_status, WNOHANG) == pid_) {
    ended_ = true;
    outcome_.status = status_of(wait_status);
  }
}

bool Process::wait_for(const std::string& stream, std::string_view text) {
  while (stream.find(text) == std::string::npos) {
    if ((ended_ && !streams_open()) || Clock::now() > deadline_) return false;
    pump(milliseconds(20));
  }
  return true;
}

bool Process::wait_for_output(std::string_view text) { return wait_for(outcome_.out, text); }
bool Process::wait_for_error(std::string_view text) { return wait_for(outcome_.err, text); }

Outcome Process::finish() {
  // A process that outlives the program may hold its output open: two seconds for the rest.
  auto end_of_output = Clock::time_point::max();
  while (!ended_ || (streams_open() && Clock::now() < end_of_output)) {
    pump(milliseconds(20));
    if (ended_ && end_of_output == Clock::time_point::max())
      end_of_output = Clock::now() + std::chrono::seconds(2);
    if (!ended_ && Clock::now() > deadline_) {
      outcome_.timed_out = true;
      kill(-pid_, SIGKILL);
    }
  }
  return outcome_;
}

Outcome run_command(Command command) { return Process(std::move(command)).finish(); }

}  // namespace live
