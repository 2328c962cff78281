// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/reboot.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>
#include <thread>

#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/guest_command.h"
#include "tracer/guest_control.h"
#include "tracer/guest_system.h"
#include "tracer/pump.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

using namespace std::chrono_literals;

// The device of a port. Its name is in /sys: without udev there is no /dev/virtio-ports.
std::optional<std::string> device_of(const std::string& port) {
  std::error_code none_yet;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/virtio-ports", none_yet))
    if (read_file(entry.path() / "name") == port + "\n")
      return "/dev/" + entry.path().filename().string();
  return std::nullopt;
}

// A port comes into being some time after the driver.
Fd open_port(const std::string& port, int flags) {
  for (int tries = 0; tries < 2000; tries++) {
    if (const auto device = device_of(port)) {
      Fd fd(open(device->c_str(), flags | O_NONBLOCK | O_CLOEXEC));
      if (fd) return fd;
    }
    std::this_thread::sleep_for(5ms);
  }
  throw Failure("port " + port, "not there after 10 s", "");
}

// An end that is never without a writer, so that it has no end of file before the first.
Fd open_fifo(const char* name, mode_t mode) {
  if (mkfifo(name, 0600) || chmod(name, mode)) throw Failure(name, strerror(errno), "");
  return Fd(open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC));
}

Fd open_record_fifo(mode_t mode) {
  Fd fifo = open_fifo(guest_record_file, mode);
  if (link(guest_record_file, guest_packed_record_file))
    throw Failure(guest_packed_record_file, strerror(errno), "");
  return fifo;
}

std::uint64_t bytes_waiting(int fd) {
  int count = 0;
  return fd >= 0 && ioctl(fd, FIONREAD, &count) == 0 && count > 0
             ? static_cast<std::uint64_t>(count)
             : 0;
}

class Agent {
 public:
  explicit Agent(bool grading);
  void run(const GuestRequest& request);
  void tell(const GuestMessage& message);
  void wait_for_host();  // until it has read all

 private:
  bool finished() const;
  void wait();
  void reap();
  void listen();
  void obey(const GuestMessage& message);
  void drop_unread(std::uint64_t stream);

  std::array<Fd, port_count> ports_;
  Fd trace_fifo_, record_fifo_;
  std::optional<GuestCommand> command_;
  Fd command_end_;
  Pump input_, output_, error_, trace_, record_;
  bool input_open_ = true;
  LineReader lines_;
  std::optional<ExitStatus> status_;
};

// A traced user may be the one who writes the trace; one who is graded may not.
Agent::Agent(bool grading)
    : trace_fifo_(open_fifo(guest_trace_file, grading ? 0600 : 0622)),
      record_fifo_(open_record_fifo(grading ? 0600 : 0622)) {
  // The control port first: what fails afterwards can be told.
  for (int port : {port_control, port_input, port_output, port_error, port_trace, port_record})
    ports_[static_cast<std::size_t>(port)] =
        open_port(port_names[port], port == port_input ? O_RDONLY : O_RDWR);
}

void Agent::tell(const GuestMessage& message) {
  const std::string line = encode_message(message);
  for (std::size_t told = 0; told < line.size();) {
    pollfd ready{ports_[port_control].get(), POLLOUT, 0};
    poll(&ready, 1, -1);
    const ssize_t put = write(ready.fd, line.data() + told, line.size() - told);
    if (put > 0) told += static_cast<std::size_t>(put);
  }
}

void Agent::run(const GuestRequest& request) {
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  tell({GuestWord::hello,
        {static_cast<std::uint64_t>(since_boot.tv_sec * 1000 + since_boot.tv_nsec / 1000000)}});
  command_.emplace(request);
  command_end_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, command_->pid(), 0)));
  input_ = Pump(ports_[port_input].get(), command_->input());
  output_ = Pump(command_->output(), ports_[port_output].get());
  if (command_->error() >= 0) error_ = Pump(command_->error(), ports_[port_error].get());
  trace_ = Pump(trace_fifo_.get(), ports_[port_trace].get());
  record_ = Pump(record_fifo_.get(), ports_[port_record].get());
  while (!finished()) wait();
  tell({GuestWord::exit,
        {static_cast<std::uint64_t>(status_->signal ? 0 : status_->code),
         static_cast<std::uint64_t>(status_->signal), output_.taken(), error_.taken(),
         trace_.taken(), record_.taken()}});
}

bool Agent::finished() const {
  return status_ && output_.done() && error_.done() && trace_.done() && record_.done();
}

void Agent::wait() {
  pollfd fds[] = {{ports_[port_control].get(), POLLIN, 0},
                  {status_ ? -1 : command_end_.get(), POLLIN, 0},
                  status_ ? pollfd{-1, 0, 0} : input_.wanted(),
                  output_.wanted(),
                  error_.wanted(),
                  trace_.wanted(),
                  record_.wanted()};
  // Orphans become our children, and end unannounced.
  if (poll(fds, std::size(fds), 1000) < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "poll");
  Pump* const pumps[] = {&input_, &output_, &error_, &trace_, &record_};
  for (std::size_t i = 0; i < std::size(pumps); i++)
    if (fds[i + 2].revents) pumps[i]->step();
  if (fds[0].revents) listen();
  if (input_open_ && input_.done()) {
    input_open_ = false;
    command_->close_input();
  }
  reap();
}

// Once the command has ended, what it wrote is still carried; what others that it left behind go
// on to write is not waited for.
void Agent::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != command_->pid()) continue;
    status_ =
        WIFSIGNALED(status) ? ExitStatus{-1, WTERMSIG(status)} : ExitStatus{WEXITSTATUS(status), 0};
    output_.end_after(output_.taken() + bytes_waiting(command_->output()));
    error_.end_after(error_.taken() + bytes_waiting(command_->error()));
    trace_.end_after(trace_.taken() + bytes_waiting(trace_fifo_.get()));
    record_.end_after(record_.taken() + bytes_waiting(record_fifo_.get()));
  }
}

void Agent::listen() {
  char bytes[4096];
  const ssize_t got = read(ports_[port_control].get(), bytes, sizeof(bytes));
  if (got > 0) lines_.add({bytes, static_cast<std::size_t>(got)});
  while (const auto line = lines_.next())
    if (const auto message = decode_message(*line)) obey(*message);
}

void Agent::obey(const GuestMessage& message) {
  switch (message.word) {
    case GuestWord::signal:
      if (!status_) command_->send_signal(static_cast<int>(message.numbers[0]));
      tell({GuestWord::heard, {message.numbers[0]}});
      break;
    case GuestWord::window:
      command_->set_window(
          {static_cast<unsigned>(message.numbers[0]), static_cast<unsigned>(message.numbers[1])});
      break;
    case GuestWord::input_end:
      input_.end_after(message.numbers[0]);
      break;
    case GuestWord::unread:
      drop_unread(message.numbers[0]);
      break;
    default:
      break;  // not for us
  }
}

// As on the host, writing to a stream that nobody reads is the writer's SIGPIPE.
void Agent::drop_unread(std::uint64_t stream) {
  if (stream == 1) {
    output_ = Pump();
    command_->close_output();
  }
  if (stream == 2) {
    error_ = Pump();
    command_->close_error();
  }
}

// It ends QEMU, and us with it. Where it does not, the machine is powered off.
void Agent::wait_for_host() { std::this_thread::sleep_for(30s); }

void serve(const GuestRequest& request) {
  Agent agent(request.grading);
  try {
    agent.run(request);
  } catch (const Failure& failure) {
    agent.tell({GuestWord::failed, {static_cast<std::uint64_t>(failure.status())}, failure.what()});
  } catch (const std::exception& error) {
    agent.tell({GuestWord::failed, {exit_failure}, error.what()});
  }
  agent.wait_for_host();
}

// There is no /proc yet.
GuestRequest read_request() {
  std::string bytes;
  char piece[4096];
  for (ssize_t got = 0; (got = read(STDIN_FILENO, piece, sizeof(piece))) > 0;)
    bytes.append(piece, static_cast<std::size_t>(got));
  auto request = decode_request(bytes);
  if (!request) throw Failure("the VM's request", "cannot be understood", "");
  return *request;
}

}  // namespace

int run_guest_agent() {
  if (getpid() != 1)
    throw Failure("cannot run vm-agent", "it is the first process of shmpath's VM",
                  "use shmpath vm run -- COMMAND");
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const GuestRequest request = read_request();
    set_up_guest(request.grading);
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    dup2(null.get(), STDIN_FILENO);
    serve(request);
  } catch (const std::exception& error) {
    fmt::print("shmpath: {}\n", error.what());
    std::fflush(stdout);
  }
  sync();
  reboot(RB_POWER_OFF);
  return exit_failure;
}

}  // namespace shmpath
