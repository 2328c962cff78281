// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/traced_runs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>

#include "classroom/judge_runs.h"
#include "classroom/judge_wire.h"
#include "classroom/left_behind.h"
#include "classroom/make_submission.h"
#include "tracer/failure.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int turn_ms = 10;
constexpr double most_start_s = 60, most_end_s = 60;  // of the tracer; all are times slowness
constexpr std::size_t most_output = std::size_t{64} << 20;
constexpr std::size_t most_tracer_words = 4096;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// What one run writes: the first part is kept, the rest counted.
struct RunOutput {
  std::string name;
  int pipe = -1;
  std::string kept;
  std::size_t bytes = 0;
};

class TracedRuns {
 public:
  TracedRuns(const JudgeJob& job, const Workshop& workshop, RunsTracer& tracer,
             JudgeReport& report);
  ~TracedRuns();
  TracedRuns(const TracedRuns&) = delete;
  TracedRuns& operator=(const TracedRuns&) = delete;
  void run();

 private:
  void begin();
  void take_output();
  void take_told();
  void reap();
  void end(JudgeEnd why);
  void look_at_limits();
  void give_up();
  void settle();
  bool over_time(double most_s) const { return seconds_since(phase_) > most_s * report_.slowness; }
  std::vector<pid_t> ours() const;

  const JudgeJob& job_;
  const Workshop& workshop_;
  RunsTracer& tracer_;
  JudgeReport& report_;
  std::vector<RunOutput> outputs_;
  std::string tracer_words_;
  bool begun_ = false, finished_ = false;
  std::optional<JudgeEnd> ended_;           // by us
  Clock::time_point phase_ = Clock::now();  // since when it has been at it
  Clock::time_point runs_begin_ = phase_;
  SharedMemory before_ = shared_memory_now();
};

TracedRuns::TracedRuns(const JudgeJob& job, const Workshop& workshop, RunsTracer& tracer,
                       JudgeReport& report)
    : job_(job), workshop_(workshop), tracer_(tracer), report_(report), outputs_(job.runs.size()) {
  for (std::size_t i = 0; i < outputs_.size(); i++)
    outputs_[i] = {job.runs[i].name, tracer.output(i), "", 0};
}

TracedRuns::~TracedRuns() {
  workshop_.end_processes({tracer_.pid()});
  while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
}

// The tracer, and what it traces first, which ends by itself when no run is left.
std::vector<pid_t> TracedRuns::ours() const {
  std::vector<pid_t> ours{tracer_.pid()};
  const auto children = read_file(fmt::format("/proc/{0}/task/{0}/children", tracer_.pid()));
  if (children && !children->empty())
    ours.push_back(static_cast<pid_t>(std::strtol(children->c_str(), nullptr, 10)));
  return ours;
}

void TracedRuns::begin() {
  tracer_.begin({workshop_.folder(), job_.runs, {}, workshop_.environment(), workshop_.rights()});
}

// No more than a piece of each in one turn: whoever writes for ever must not hold us up.
void TracedRuns::take_output() {
  char bytes[1 << 16];
  for (RunOutput& output : outputs_) {
    const ssize_t got = read(output.pipe, bytes, sizeof(bytes));
    if (got <= 0) continue;
    const auto count = static_cast<std::size_t>(got);
    output.kept.append(bytes, std::min(count, most_run_output - output.kept.size()));
    output.bytes += count;
  }
  const ssize_t got = read(tracer_.words(), bytes, sizeof(bytes));
  if (got > 0) tracer_words_.append(bytes, static_cast<std::size_t>(got));
  if (tracer_words_.size() > most_tracer_words)
    tracer_words_.erase(0, tracer_words_.size() - most_tracer_words);
}

void TracedRuns::take_told() {
  char what = 0;
  while (read(tracer_.told(), &what, 1) == 1) {
    phase_ = Clock::now();
    if (what == runs_begin) {
      begun_ = true;
      runs_begin_ = phase_;
    }
    if (what == runs_end) {
      finished_ = true;
      report_.run_s = seconds_since(runs_begin_);
    }
  }
}

void TracedRuns::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    if (pid == tracer_.pid()) tracer_.ended(status);
}

// The runs first: then the tracer ends by itself, and its trace is whole.
void TracedRuns::end(JudgeEnd why) {
  if (!ended_) {
    ended_ = why;
    phase_ = Clock::now();
  }
  const auto ours = this->ours();
  if (ours.size() > 1) kill(ours[1], SIGTERM);
  workshop_.end_processes(ours);
}

void TracedRuns::look_at_limits() {
  std::error_code error;
  const bool long_trace =
      std::filesystem::file_size(tracer_.trace(), error) > most_trace_bytes && !error;
  const bool much = std::ranges::any_of(
      outputs_, [](const RunOutput& output) { return output.bytes > most_output; });
  if (finished_ || ended_ || !begun_) {
    if (over_time(begun_ ? most_end_s : most_start_s)) return give_up();
    if (ended_) return end(*ended_);  // a run that was just being started
    if (finished_ || !begun_) return;
  }
  if (much || long_trace) return end(JudgeEnd::too_much);
  if (over_time(job_.seconds)) end(JudgeEnd::run_too_long);
}

void TracedRuns::give_up() {
  tracer_words_ += fmt::format("the tracer did not {} in time\n", begun_ ? "end" : "begin");
  kill(tracer_.pid(), SIGKILL);
  workshop_.end_processes({tracer_.pid()});
  phase_ = Clock::now();
}

void TracedRuns::run() {
  begin();
  while (!tracer_.status()) {
    std::vector<pollfd> ready;
    for (const RunOutput& output : outputs_) ready.push_back({output.pipe, POLLIN, 0});
    if (std::ranges::none_of(ready, [](pollfd& one) { return poll(&one, 1, 0) > 0; }))
      ::usleep(turn_ms * 1000);
    take_output();
    take_told();
    require_somebody_waits();
    look_at_limits();
    reap();
  }
  settle();
}

void TracedRuns::settle() {
  take_told();
  for (std::size_t before = SIZE_MAX, now = 0; before != now;) {  // what lies in the pipes
    before = now;
    take_output();
    now = 0;
    for (const RunOutput& output : outputs_) now += output.bytes;
    if (now > (most_output << 2)) break;
  }
  const auto left_processes = workshop_.processes({});
  workshop_.end_processes({});
  report_.facts.left = left_since(before_, job_, tracer_.trace(), workshop_.confined());
  remove_left(report_.facts.left);
  for (const pid_t pid : left_processes)
    if (report_.facts.left.size() < most_left)
      report_.facts.left.push_back({"process", fmt::format("{}", pid)});
  for (RunOutput& output : outputs_) report_.facts.output[output.name] = std::move(output.kept);
  std::error_code error;
  const bool fits =
      std::filesystem::file_size(tracer_.trace(), error) <= most_trace_bytes && !error;
  if (fits) report_.trace = read_file(tracer_.trace()).value_or("");
  report_.end = ended_.value_or(fits ? JudgeEnd::ran : JudgeEnd::too_much);
  const bool tracer_well = WIFEXITED(*tracer_.status()) && WEXITSTATUS(*tracer_.status()) == 0;
  if (ended_ || (finished_ && tracer_well)) return;
  report_.end = JudgeEnd::broken;
  report_.said = printable(tracer_words_, most_said_bytes);
  if (WIFSIGNALED(*tracer_.status()))
    report_.said += fmt::format("the tracer was ended by signal {}\n", WTERMSIG(*tracer_.status()));
  if (begun_ && !finished_)
    report_.said +=
        "the process that starts the programs was ended; one of them may have done it\n";
}

}  // namespace

void trace_runs(const JudgeJob& job, const Workshop& workshop, RunsTracer& tracer,
                JudgeReport& report) {
  TracedRuns(job, workshop, tracer, report).run();
}

}  // namespace shmpath
