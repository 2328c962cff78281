// SPDX-License-Identifier: BSD-2-Clause
//
// The side of whoever wants something judged: another shmpath judges, here or in the VM. What comes
// from it is not believed, and not waited for longer than is fair.
#include "classroom/judge.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>

#include "classroom/child.h"
#include "classroom/judge_wire.h"
#include "tracer/ends.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/grading_root.h"
#include "tracer/signals.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int turn_ms = 100;
constexpr double most_start_s = 300;  // the VM's boot, and the measure of its speed
// Of a job, times slowness: the judge's own limits, one after the other, come to less.
constexpr double most_job_s = 60 + 60 + 60 + 30;
constexpr std::size_t most_words = 4096;
constexpr int end_turns = 50;  // it has as many turns to end by itself

// One process that judges, and what goes between us.
class JudgeProcess {
 public:
  explicit JudgeProcess(const std::vector<std::string>& words);
  ~JudgeProcess();
  JudgeProcess(const JudgeProcess&) = delete;
  JudgeProcess& operator=(const JudgeProcess&) = delete;

  void send(std::string_view bytes);
  // Throws Failure when none comes in that time.
  WireMessage receive(double most_s);

 private:
  void turn(short wanted);
  void take_words();
  [[noreturn]] void fail(const std::string& reason) const;

  pid_t pid_ = -1;
  Fd jobs_, reports_, words_;
  std::string last_words_;
  WireReader reader_;
  bool ended_ = false;  // there will be no more bytes of it
};

JudgeProcess::JudgeProcess(const std::vector<std::string>& words) {
  SocketEnds jobs;
  PipeEnds reports, last_words;
  ChildPlan plan{.words = words,
                 .environment = {},
                 .folder = "",
                 .in = jobs.theirs.get(),
                 .out = reports.write_end.get(),
                 .error = last_words.write_end.get(),
                 .when_alone = SIGTERM};
  for (char** variable = environ; *variable; variable++) plan.environment.emplace_back(*variable);
  pid_ = start_child(plan);
  jobs_ = std::move(jobs.ours);
  reports_ = std::move(reports.read_end);
  words_ = std::move(last_words.read_end);
  for (const Fd* fd : {&reports_, &words_}) fcntl(fd->get(), F_SETFL, O_NONBLOCK);
}

// The end of the jobs is its sign to end, and to end and remove what it has under way.
JudgeProcess::~JudgeProcess() {
  jobs_.reset();
  char bytes[1 << 16];
  for (int turns = 0; turns < end_turns; turns++) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) return;
    pollfd ready{reports_.get(), POLLIN, 0};
    poll(&ready, 1, turn_ms);
    while (read(reports_.get(), bytes, sizeof(bytes)) > 0) continue;
    if (ready.revents & POLLHUP) usleep(1000 * turn_ms / 10);
    take_words();
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void JudgeProcess::take_words() {
  char bytes[4096];
  for (ssize_t got = 0; (got = read(words_.get(), bytes, sizeof(bytes))) > 0;) {
    last_words_.append(bytes, static_cast<std::size_t>(got));
    if (last_words_.size() > most_words) last_words_.erase(0, last_words_.size() - most_words);
  }
}

void JudgeProcess::fail(const std::string& reason) const {
  const std::string words = printable(last_words_, most_words);
  throw Failure("the judge", reason + (words.empty() ? "" : ": " + words), "try again");
}

void JudgeProcess::turn(short wanted) {
  if (stops_asked())
    throw Failure("judging", fmt::format("stopped by signal {}", last_stop()), "",
                  128 + last_stop());
  pollfd ready[] = {{jobs_.get(), static_cast<short>(wanted), 0},
                    {reports_.get(), POLLIN, 0},
                    {words_.get(), POLLIN, 0}};
  if (ended_) fail("it has ended");
  poll(ready, std::size(ready), turn_ms);
  take_words();
  if (!ready[1].revents) return;
  char bytes[1 << 16];
  const ssize_t got = read(reports_.get(), bytes, sizeof(bytes));
  if (got > 0) reader_.add({bytes, static_cast<std::size_t>(got)});
  ended_ = got == 0;
}

void JudgeProcess::send(std::string_view bytes) {
  const auto begin = Clock::now();
  while (!bytes.empty()) {
    const ssize_t put = ::send(jobs_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
    if (put < 0 && errno != EAGAIN && errno != EINTR) fail("it takes no job");
    if (put < 0) turn(POLLOUT);
    if (Clock::now() - begin > std::chrono::seconds(60)) fail("it takes no job");
  }
}

WireMessage JudgeProcess::receive(double most_s) {
  const auto begin = Clock::now();
  while (true) {
    if (auto message = reader_.next()) return std::move(*message);
    if (std::chrono::duration<double>(Clock::now() - begin).count() > most_s)
      fail(fmt::format("no answer within {:.0f} s", most_s));
    turn(0);
  }
}

class OtherJudge : public Judge {
 public:
  explicit OtherJudge(std::vector<std::string> words) : words_(std::move(words)) { start(); }
  JudgeReport judge(const JudgeJob& job) override;

 private:
  void start() {
    slowness_.reset();
    process_.emplace(words_);
  }
  JudgeReport ask(const JudgeJob& job);

  std::vector<std::string> words_;
  std::optional<JudgeProcess> process_;
  std::optional<double> slowness_;  // as it said before it had seen any submission
};

JudgeReport OtherJudge::ask(const JudgeJob& job) {
  if (!process_) start();
  if (!slowness_) slowness_ = decode_hello(process_->receive(most_start_s));
  process_->send(encode_job(job));
  JudgeReport report =
      decode_report(process_->receive((most_job_s + job.seconds) * *slowness_ + 60), job);
  report.slowness = *slowness_;
  return report;
}

JudgeReport OtherJudge::judge(const JudgeJob& job) {
  try {
    return ask(job);
  } catch (const std::exception& error) {
    process_.reset();  // the next job gets another
    if (stops_asked()) throw;
    JudgeReport report;
    report.said = printable(error.what(), most_said_bytes);
    return report;
  }
}

std::vector<std::string> judge_words(const JudgePlace& where) {
  const std::string self = where.program.empty() ? own_program().string() : where.program;
  if (where.place == "host") return {self, "judge"};
  std::vector<std::string> words{self, "vm", "run", "--grading", "--timeout", "0"};
  if (!where.kernel.empty()) words.insert(words.end(), {"--kernel", where.kernel});
  words.insert(words.end(), {"--", grading_program, "judge", "--confined"});
  if (where.ahead) words.emplace_back("--ahead");
  return words;
}

}  // namespace

std::unique_ptr<Judge> start_judge(const JudgePlace& where) {
  return std::make_unique<OtherJudge>(judge_words(where));
}

}  // namespace shmpath
