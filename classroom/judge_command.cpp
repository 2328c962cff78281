// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/judge_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>

#include "classroom/child.h"
#include "classroom/judge_wire.h"
#include "classroom/make_submission.h"
#include "classroom/runs_tracer.h"
#include "classroom/slowness.h"
#include "classroom/traced_runs.h"
#include "classroom/workshop.h"
#include "tracer/failure.h"
#include "tracer/place.h"
#include "tracer/signals.h"

namespace shmpath {
namespace {

constexpr const char* ahead_folder = "/run/judge-ahead";

// The host's variables came along into the VM; nobody there is the person behind sudo.
void clean_environment() {
  clearenv();
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  setenv("SHMPATH_PLACE", "vm", 1);
  setenv("SHMPATH_WHY", "as asked", 1);
  setenv("SHMPATH_DETACH_BEHIND", "1", 1);
}

void require_place(const JudgeJob& job) {
  if (std::ranges::find(job.needs, "vm") != job.needs.end() && !in_guest())
    throw Failure("this exercise", "it needs devices that only the VM has", "use --place vm");
}

class JobTaker {
 public:
  JobTaker(bool confined, bool ahead) : confined_(confined), ahead_(ahead) {}
  JudgeReport judge(const JudgeJob& job);
  void start_next(const JudgeJob& job);
  double slowness() const { return slowness_; }

 private:
  void judge(const JudgeJob& job, JudgeReport& report);

  bool confined_, ahead_;
  double slowness_ = measure_slowness();
  std::unique_ptr<RunsTracer> next_;  // waits for the next job's runs
  unsigned started_ahead_ = 0;
};

JudgeReport JobTaker::judge(const JudgeJob& job) {
  JudgeReport report;
  report.slowness = slowness_;
  try {
    judge(job, report);
  } catch (const std::exception& error) {
    report.end = JudgeEnd::broken;
    report.said = printable(error.what(), most_said_bytes);
  }
  return report;
}

void JobTaker::judge(const JudgeJob& job, JudgeReport& report) {
  require_place(job);
  const Workshop workshop(job, confined_);
  if (!make_submission(job, workshop, report)) return;
  std::unique_ptr<RunsTracer> tracer = std::move(next_);
  report.ahead = tracer && tracer->fits(job.view, job.runs.size());
  if (!report.ahead)
    tracer =
        std::make_unique<RunsTracer>(job.view, job.runs.size(), workshop.own() / "trace.jsonl.zst");
  trace_runs(job, workshop, *tracer, report);
}

// Its trace lies outside the job's folders, which are not there yet.
void JobTaker::start_next(const JudgeJob& job) {
  if (!ahead_ || next_) return;
  try {
    std::filesystem::create_directory(ahead_folder);
    std::filesystem::permissions(ahead_folder, std::filesystem::perms::owner_all);
    next_ = std::make_unique<RunsTracer>(
        job.view, job.runs.size(), fmt::format("{}/{}.jsonl.zst", ahead_folder, started_ahead_++));
  } catch (const std::exception&) {  // then the job starts it, and says what is wrong
  }
}

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) throw NobodyWaits();
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void take_jobs(bool confined, bool ahead) {
  JobTaker taker(confined, ahead);
  write_all(encode_hello(taker.slowness()));
  WireReader reader;
  char bytes[1 << 16];
  while (true) {
    while (const auto message = reader.next()) {
      const JudgeJob job = decode_job(*message);
      write_all(encode_report(taker.judge(job)));
      taker.start_next(job);
    }
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (stops_asked()) return;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    reader.add({bytes, static_cast<std::size_t>(got)});
  }
}

}  // namespace

int run_judge(bool confined, bool ahead) {
  if (confined && (!in_guest() || geteuid() != 0))
    throw Failure("cannot judge confined", "that is for root in the VM",
                  "shmpath judge, without --confined");
  if (confined) clean_environment();
  const StopSignals signals;
  adopt_orphans();
  try {
    take_jobs(confined, confined && ahead);
  } catch (const NobodyWaits&) {  // what was under way is ended and removed
  }
  return 0;
}

}  // namespace shmpath
