// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <optional>

#include "tracer/failure.h"
#include "tracer/signals.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

constexpr std::size_t buffer_bytes = 1 << 18;

class FileOutput : public Output {
 public:
  FileOutput(Fd owned, int fd, std::string name, std::string option)
      : owned_(std::move(owned)), fd_(fd), name_(std::move(name)), option_(std::move(option)) {
    buffer_.reserve(buffer_bytes + 4096);
    struct stat info {};
    is_pipe_ = fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
  }

  void write(std::string_view text) override {
    buffer_ += text;
    if (buffer_.size() >= buffer_bytes) flush();
  }

  void flush() override {
    std::string_view rest = buffer_;
    while (!rest.empty()) rest.remove_prefix(write_some(rest));
    buffer_.clear();
  }

 private:
  // A pipe may be shared with the traced program, as with `-o -`. The kernel keeps a write of up
  // to PIPE_BUF bytes whole: with whole lines in each, neither's lines are torn.
  static std::string_view whole_lines(std::string_view text) {
    if (text.size() <= PIPE_BUF) return text;
    std::size_t end = text.substr(0, PIPE_BUF).rfind('\n');
    if (end == std::string_view::npos) end = text.find('\n');  // one long line
    return text.substr(0, end == std::string_view::npos ? end : end + 1);
  }

  [[noreturn]] void fail(const char* reason, const std::string& remedy) {
    buffer_.clear();
    throw Failure("cannot write the trace to " + name_, reason, remedy);
  }

  bool has_room() const {
    pollfd ready{fd_, POLLOUT, 0};
    return poll(&ready, 1, 0) > 0;
  }

  // A pipe that is full holds us up for as long as its reader likes; unless we are asked twice to
  // end.
  std::size_t write_some(std::string_view text) {
    if (is_pipe_ && stops_asked() > 1 && !has_room())
      fail("nobody reads it", "let its reader go on, or give " + option_ + " FILE");
    std::string_view piece = is_pipe_ ? whole_lines(text) : text;
    ssize_t written = ::write(fd_, piece.data(), piece.size());
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EINTR) return 0;
    if (errno == EPIPE)
      fail(strerror(EPIPE), "keep its reader running, or give " + option_ + " FILE");
    fail(strerror(errno), "free some space or give another " + option_ + " FILE");
  }

  Fd owned_;  // none for a standard stream
  int fd_;
  std::string name_, option_;
  std::string buffer_;
  bool is_pipe_ = false;
};

// Names for a descriptor that we have, which the kernel shows as links: a shell gives such a one
// for `-o >(command)`.
std::optional<int> own_descriptor(std::string_view file) {
  if (file == "/dev/stdout") return STDOUT_FILENO;
  if (file == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = -1;
    if (!file.starts_with(folder)) continue;
    const char* end = file.data() + file.size();
    const auto read = std::from_chars(file.data() + folder.size(), end, number);
    if (read.ec == std::errc{} && read.ptr == end) return number;
  }
  return std::nullopt;
}

}  // namespace

Fd open_trace_file(const std::string& file, const std::string& option) {
  if (const auto stream = own_descriptor(file)) {
    Fd fd(fcntl(*stream, F_DUPFD_CLOEXEC, 0));
    if (!fd) throw Failure("cannot write the trace to " + file, strerror(errno), "give a file");
    return fd;
  }
  AsInvokingUser rights;
  Fd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!fd && errno == ELOOP)
    throw Failure("cannot write the trace to " + file, "it is a symbolic link",
                  "give " + option + " the file that it leads to");
  if (!fd)
    throw Failure("cannot write the trace to " + file, strerror(errno),
                  "give " + option + " a file in a folder that you may write to");
  return fd;
}

std::unique_ptr<Output> open_output(const std::string& where, const std::string& option) {
  auto standard = [&](int fd, const char* name) {
    return std::make_unique<FileOutput>(Fd(), fd, name, option);
  };
  if (where.empty()) return standard(STDERR_FILENO, "standard error");
  if (where == "-") return standard(STDOUT_FILENO, "standard output");
  Fd file = open_trace_file(where, option);
  const int fd = file.get();
  return std::make_unique<FileOutput>(std::move(file), fd, where, option);
}

}  // namespace shmpath
