// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/make_submission.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "classroom/judge_wire.h"
#include "tracer/signals.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double most_build_s = 60;  // on a machine of ordinary speed
constexpr int turn_ms = 20;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The first part is kept; of an error the first message is the one that counts.
void take_words(int fd, std::string& said) {
  char bytes[4096];
  ssize_t got = 0;
  while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
    const std::size_t room = 2 * most_said_bytes - std::min(said.size(), 2 * most_said_bytes);
    said.append(bytes, std::min(static_cast<std::size_t>(got), room));
  }
}

std::string why_no_program(const std::filesystem::path& file) {
  struct stat info {};
  if (lstat(file.c_str(), &info)) return "the Makefile did not make it";
  if (!S_ISREG(info.st_mode)) return "what was made is no regular file";
  return info.st_mode & S_IXUSR ? "" : "what was made cannot be executed";
}

struct Make {
  bool in_time = false;
  int status = 0;
};

Make run_make(const Workshop& workshop, double most_s, std::string& said) {
  PipeEnds words;
  fcntl(words.read_end.get(), F_SETFL, O_NONBLOCK);
  const pid_t pid = start_child({.words = {"/usr/bin/make", "-s", "-f", "Makefile"},
                                 .environment = workshop.environment(),
                                 .folder = workshop.folder(),
                                 .out = words.write_end.get(),
                                 .error = words.write_end.get(),
                                 .before_exec = [&] { workshop.become_submitter(); }});
  words.write_end.reset();
  const auto begin = Clock::now();
  Make make;
  while (!make.in_time && seconds_since(begin) < most_s) {
    pollfd ready{words.read_end.get(), POLLIN, 0};
    poll(&ready, 1, turn_ms);
    if (ready.revents & POLLHUP) ::usleep(1000);  // then it does not wait
    take_words(words.read_end.get(), said);
    require_somebody_waits();
    make.in_time = waitpid(pid, &make.status, WNOHANG) == pid;
  }
  workshop.end_processes({});
  take_words(words.read_end.get(), said);
  while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
  return make;
}

}  // namespace

void require_somebody_waits() {
  if (stops_asked()) throw NobodyWaits();
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) > 0 && input.revents & (POLLHUP | POLLERR | POLLNVAL)) throw NobodyWaits();
}

bool make_submission(const JudgeJob& job, const Workshop& workshop, JudgeReport& report) {
  const auto begin = Clock::now();
  const double most_s = most_build_s * report.slowness;
  std::string said;
  const Make make = run_make(workshop, most_s, said);
  report.build_s = seconds_since(begin);
  report.end = make.in_time ? JudgeEnd::not_built : JudgeEnd::build_too_long;
  bool built = make.in_time && WIFEXITED(make.status) && WEXITSTATUS(make.status) == 0;
  for (const std::string& program : job.programs) {
    const std::string reason = built ? why_no_program(workshop.folder() / program) : "";
    if (!reason.empty()) said += fmt::format("{}: {}\n", program, reason);
    built = built && reason.empty();
  }
  report.said = printable(said, most_said_bytes);
  return built;
}

}  // namespace shmpath
