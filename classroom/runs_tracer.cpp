// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/runs_tracer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "tracer/files.h"

namespace shmpath {

RunsTracer::RunsTracer(const std::string& view, std::size_t runs, std::filesystem::path trace)
    : view_(view), trace_(std::move(trace)) {
  PipeEnds plan, told, words;
  std::vector<PipeEnds> outputs(runs);
  ChildPlan child{.words = {},
                  .environment = {},
                  .folder = "",
                  .in = plan.read_end.get(),
                  .error = words.write_end.get(),
                  .keep = {told.write_end.get()}};
  told_number_ = told.write_end.get();
  for (const PipeEnds& output : outputs) output_numbers_.push_back(output.write_end.get());
  child.keep.insert(child.keep.end(), output_numbers_.begin(), output_numbers_.end());
  const std::string self = own_program();
  child.words = {self, "trace",     "--place",  "host", "--view", view, "--format",  "jsonl",
                 "-o", "/dev/null", "--record", trace_, "--",     self, "judge-runs"};
  for (char** variable = environ; *variable; variable++) child.environment.emplace_back(*variable);
  pid_ = start_child(child);
  watched_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!watched_) {
    const int error = errno;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
  for (PipeEnds& output : outputs) outputs_.push_back(std::move(output.read_end));
  plan_ = std::move(plan.write_end);
  told_ = std::move(told.read_end);
  words_ = std::move(words.read_end);
  for (const Fd& output : outputs_) fcntl(output.get(), F_SETFL, O_NONBLOCK);
  for (const Fd* pipe : {&plan_, &told_, &words_}) fcntl(pipe->get(), F_SETFL, O_NONBLOCK);
}

RunsTracer::~RunsTracer() {
  if (!status_ && syscall(SYS_pidfd_send_signal, watched_.get(), SIGKILL, nullptr, 0) == 0)
    waitpid(pid_, nullptr, 0);
  std::error_code error;
  std::filesystem::remove(trace_, error);
}

bool RunsTracer::fits(const std::string& view, std::size_t runs) const {
  pollfd ended{watched_.get(), POLLIN, 0};
  return view == view_ && runs == outputs_.size() && poll(&ended, 1, 0) == 0;
}

void RunsTracer::begin(RunsPlan plan) {
  plan.outputs = output_numbers_;
  plan.told = told_number_;
  const std::string text = encode_plan(plan);
  const ssize_t put = write(plan_.get(), text.data(), text.size());  // a pipe takes 64 KiB
  if (put >= 0 && static_cast<std::size_t>(put) < text.size()) errno = E2BIG;
  if (put != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::generic_category(), "cannot tell the tracer what to run");
  plan_.reset();
}

}  // namespace shmpath
