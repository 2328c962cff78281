// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/judge_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>

#include "classroom/child.h"
#include "classroom/judge_wire.h"
#include "classroom/make_submission.h"
#include "classroom/slowness.h"
#include "classroom/traced_runs.h"
#include "classroom/workshop.h"
#include "tracer/failure.h"
#include "tracer/place.h"
#include "tracer/signals.h"

namespace shmpath {
namespace {

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

JudgeReport judge_job(const JudgeJob& job, bool confined, double slowness) {
  JudgeReport report;
  report.slowness = slowness;
  try {
    require_place(job);
    const Workshop workshop(job, confined);
    if (make_submission(job, workshop, report)) trace_runs(job, workshop, report);
  } catch (const std::exception& error) {
    report.end = JudgeEnd::broken;
    report.said = printable(error.what(), most_said_bytes);
  }
  return report;
}

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) throw NobodyWaits();
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void take_jobs(bool confined) {
  const double slowness = measure_slowness();
  write_all(encode_hello(slowness));
  WireReader reader;
  char bytes[1 << 16];
  while (true) {
    while (const auto message = reader.next())
      write_all(encode_report(judge_job(decode_job(*message), confined, slowness)));
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (stops_asked()) return;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    reader.add({bytes, static_cast<std::size_t>(got)});
  }
}

}  // namespace

int run_judge(bool confined) {
  if (confined && (!in_guest() || geteuid() != 0))
    throw Failure("cannot judge confined", "that is for root in the VM",
                  "shmpath judge, without --confined");
  if (confined) clean_environment();
  const StopSignals signals;
  adopt_orphans();
  try {
    take_jobs(confined);
  } catch (const NobodyWaits&) {  // what was under way is ended and removed
  }
  return 0;
}

}  // namespace shmpath
