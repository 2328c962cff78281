// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <system_error>

#include "tracer/ends.h"
#include "tracer/failure.h"
#include "tracer/guest_agent.h"
#include "tracer/identity.h"
#include "tracer/signals.h"
#include "tracer/terminal.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

using namespace std::chrono_literals;

constexpr int turn_ms = 100;  // so long may a signal wait to be seen
constexpr auto answer_time = 5s;
constexpr std::size_t last_words_bytes = 8192, last_lines = 12;

constexpr std::size_t report_lines = 32;
constexpr std::string_view report_heads[] = {"BUG: ", "Oops: ", "general protection fault",
                                             "int3: ", "invalid opcode: "};

// The kernel's words at the head of a report of its own failure.
bool begins_report(const std::string& line) {
  return std::any_of(std::begin(report_heads), std::end(report_heads),
                     [&](std::string_view head) { return line.find(head) != std::string::npos; });
}

Fd open_as_invoking_user(const std::filesystem::path& file) {
  const AsInvokingUser rights;
  return Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

void LastWords::read_from(int fd) {
  char bytes[4096];
  const ssize_t got = read(fd, bytes, sizeof(bytes));
  if (got > 0) text_.append(bytes, static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
  if (text_.size() > 2 * last_words_bytes) text_.erase(0, text_.size() - last_words_bytes);
}

std::vector<std::string> LastWords::lines() const {
  std::vector<std::string> lines;
  std::istringstream text(text_);
  for (std::string line; std::getline(text, line);) {
    std::erase(line, '\r');
    if (!line.empty()) lines.push_back(strip_controls(line));
  }
  // of a panic, what led to it: the report's first lines say more than its last
  auto report = std::find_if(lines.begin(), lines.end(), begins_report);
  if (report != lines.end()) {
    lines.erase(lines.begin(), report);
    lines.resize(std::min(lines.size(), report_lines));
    return lines;
  }
  if (lines.size() > last_lines)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(last_lines));
  return lines;
}

GuestSession::GuestSession(const BootPlan& plan, int initramfs, Accelerator accelerator) {
  SocketEnds console;
  std::vector<Fd> theirs;
  const Fd kernel = open_as_invoking_user(plan.kernel.image);
  if (!kernel)
    throw Failure("cannot read " + plan.kernel.image.string(), strerror(errno),
                  "shmpath vm fetch fetches it again");
  QemuFiles files{kernel.get(), initramfs, console.theirs.get(), {}};
  for (const char* name : port_names) {
    SocketEnds port;
    files.ports.push_back({name, port.theirs.get()});
    ends_.push_back(std::move(port.ours));
    theirs.push_back(std::move(port.theirs));
  }
  console_ = std::move(console.ours);
  qemu_.emplace(qemu_arguments(plan, files, accelerator), files, plan.grading());
}

bool GuestSession::wait_for_agent(std::chrono::seconds at_most) {
  const auto limit = Clock::now() + at_most;
  while (!agent_there_) {
    if (gone_ || Clock::now() > limit) return false;
    turn();
    if (stops_asked())
      throw Failure("the VM", fmt::format("stopped by signal {} while it booted", last_stop()), "",
                    128 + last_stop());
  }
  return true;
}

int GuestSession::serve(const GuestStreams& streams, std::chrono::seconds at_most) {
  const auto limit = Clock::now() + at_most;
  input_ = Pump(streams.input, ends_[port_input].get());
  output_ = Pump(ends_[port_output].get(), streams.output, PIPE_BUF);
  error_ = Pump(ends_[port_error].get(), streams.error, PIPE_BUF);
  if (streams.trace >= 0) trace_ = Pump(ends_[port_trace].get(), streams.trace, PIPE_BUF);
  if (streams.record >= 0) record_ = Pump(ends_[port_record].get(), streams.record, PIPE_BUF);
  while (!all_here()) {
    if (at_most > 0s && Clock::now() > limit)
      throw Failure("the command in the VM",
                    fmt::format("did not end within {} s", at_most.count()),
                    "give it longer with --timeout SECONDS (0: no limit)");
    turn();
    look_at_streams();
    pass_stops();
    check_alive();
  }
  qemu_->end();
  if (output_.cut_short() || error_.cut_short() || trace_.cut_short() || record_.cut_short())
    explain_end("the VM ended before all of the command's output was here", "try again");
  return *status_;
}

void GuestSession::turn() {
  pollfd fds[] = {{ends_[port_control].get(), POLLIN, 0},
                  {console_words_.ended() ? -1 : console_.get(), POLLIN, 0},
                  {qemu_words_.ended() ? -1 : qemu_->errors_fd(), POLLIN, 0},
                  status_ ? pollfd{-1, 0, 0} : input_.wanted(),
                  output_.wanted(),
                  error_.wanted(),
                  trace_.wanted(),
                  record_.wanted()};
  if (gone_) fds[0].fd = -1;
  if (!gone_ && !to_tell_.empty()) fds[0].events |= POLLOUT;
  if (poll(fds, std::size(fds), turn_ms) < 0) {
    if (errno == EINTR) return;
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  Pump* const pumps[] = {&input_, &output_, &error_, &trace_, &record_};
  for (std::size_t i = 0; i < std::size(pumps); i++)
    if (fds[i + 3].revents) pumps[i]->step();
  if (fds[1].revents) console_words_.read_from(console_.get());
  if (fds[2].revents) qemu_words_.read_from(qemu_->errors_fd());
  if (fds[0].revents & POLLOUT) write_control();
  if (fds[0].revents & ~POLLOUT) hear();
}

// The other end of this socket is QEMU's: its end is QEMU's end, which the guest cannot feign.
void GuestSession::hear() {
  char bytes[4096];
  const ssize_t got = read(ends_[port_control].get(), bytes, sizeof(bytes));
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) gone_ = true;
  if (got > 0) lines_.add({bytes, static_cast<std::size_t>(got)});
  while (const auto line = lines_.next())
    if (const auto message = decode_message(*line)) take(*message);
}

void GuestSession::take(const GuestMessage& message) {
  const auto& numbers = message.numbers;
  switch (message.word) {
    case GuestWord::hello:
      agent_there_ = true;
      break;
    case GuestWord::heard:
      must_be_heard_.reset();
      break;
    case GuestWord::exit:
      status_ = static_cast<int>(numbers[1] ? 128 + numbers[1] : numbers[0]);
      output_.end_after(numbers[2]);
      error_.end_after(numbers[3]);
      trace_.end_after(numbers[4]);
      record_.end_after(numbers[5]);
      break;
    case GuestWord::failed: {
      const std::size_t colon = std::min(message.text.find(": "), message.text.size());
      throw Failure(message.text.substr(0, colon),
                    message.text.substr(std::min(colon + 2, message.text.size())), "",
                    static_cast<int>(numbers[0]));
    }
    default:
      break;  // not for us
  }
}

void GuestSession::write_control() {
  const ssize_t put = write(ends_[port_control].get(), to_tell_.data(), to_tell_.size());
  if (put > 0) to_tell_.erase(0, static_cast<std::size_t>(put));
}

// The first signal is the command's. A second one, or a guest that does not take the first, ends
// the VM.
void GuestSession::pass_stops() {
  const int asked = stops_asked();
  const bool deaf = must_be_heard_ && Clock::now() > *must_be_heard_;
  if (asked > 1 || deaf)
    throw Failure("the VM",
                  fmt::format("killed, {}", deaf ? "it did not take a signal" : "as asked twice"),
                  "", 128 + last_stop());
  if (asked == stops_passed_) return;
  stops_passed_ = asked;
  tell({GuestWord::signal, {static_cast<std::uint64_t>(last_stop())}});
  must_be_heard_ = Clock::now() + answer_time;
}

void GuestSession::look_at_streams() {
  if (input_.source_ended() && !input_end_told_) {
    input_end_told_ = true;
    tell({GuestWord::input_end, {input_.taken()}});
  }
  auto tell_unread = [&](const Pump& pump, std::uint64_t stream, bool& told) {
    if (!pump.broken() || told) return;
    told = true;
    tell({GuestWord::unread, {stream}});
  };
  tell_unread(output_, 1, output_unread_told_);
  tell_unread(error_, 2, error_unread_told_);
  if (window_changes() == windows_told_) return;
  windows_told_ = window_changes();
  const WindowSize size = window_size();
  tell({GuestWord::window, {size.rows, size.columns}});
}

bool GuestSession::all_here() const {
  return status_ && output_.done() && error_.done() && trace_.done() && record_.done();
}

std::string LastWords::panic() const {
  constexpr std::string_view mark = "Kernel panic - not syncing: ";
  const std::size_t at = text_.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t start = at + mark.size();
  return strip_controls(text_.substr(start, text_.find_first_of("\r\n", start) - start));
}

void GuestSession::check_alive() const {
  if (gone_ && !status_)
    explain_end("it ended before the command did", "if it was not killed, try --memory MIB");
}

void GuestSession::give_up_boot(std::chrono::seconds waited) const {
  if (gone_) explain_end("it ended while it booted", "try another --kernel, or another --memory");
  explain_end(fmt::format("not up after {} s", waited.count()),
              "try another kernel with --kernel, or again when the machine is less busy");
}

// The best reason is QEMU's or the kernel's own.
void GuestSession::explain_end(const std::string& reason, const std::string& remedy) const {
  const auto from_console = console_words_.lines(), from_qemu = qemu_words_.lines();
  if (!from_qemu.empty()) throw Failure("the VM", from_qemu.back(), remedy);
  if (!from_console.empty()) fmt::print(stderr, "The VM's console ends with:\n");
  for (const std::string& line : from_console) fmt::print(stderr, "    {}\n", line);
  const std::string panic = console_words_.panic();
  throw Failure("the VM", panic.empty() ? reason : "its kernel panicked: " + panic, remedy);
}

}  // namespace shmpath
