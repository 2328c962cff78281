// SPDX-License-Identifier: BSD-2-Clause
//
// A judge builds a submission, runs it once under the tracer, and reports what was seen. It knows
// nothing of rubrics and points. On the host it is for one's own work; a stranger's is judged in
// the VM's grading profile, which has nothing but the tools to build with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "classroom/submission.h"
#include "tracer/rubric.h"

namespace shmpath {

struct JudgeJob {
  std::vector<SubmissionFile> files;  // the submission's and the exercise's Makefile
  std::vector<std::string> programs;  // what make must give
  std::vector<ExerciseRun> runs;      // with their nonce
  std::vector<std::string> needs;     // of the exercise: "root", "bpf", "vm"
  unsigned seconds = 10;              // for all runs, on a machine of ordinary speed
  std::string view = "auto";          // "functions", "tracepoints", "syscalls"
};

enum class JudgeEnd {
  ran,             // all runs are over; some may have been ended
  not_built,       // make failed or ended without the programs: `said` has its words
  build_too_long,  //
  run_too_long,    // the runs were ended: facts and trace are as far as they got
  too_much,        // of the trace or the output: ended
  broken           // the judge or the tracer failed: `said` has why. It may be tried again
};

struct JudgeReport {
  JudgeEnd end = JudgeEnd::broken;
  std::string said;     // of the compiler, printable, cut to 16 KiB
  std::string trace;    // the trace file, packed by zstd; "" when nothing ran
  RunFacts facts;       // output of each run, cut to 1 MiB; what was left, and was removed then
  double slowness = 1;  // the machine's, measured: limits are multiplied by it
  double build_s = 0, run_s = 0;
  bool ahead = false;  // the tracer had been started before the job came
};

// Where to judge.
struct JudgePlace {
  std::string place = "vm";  // "host" or "vm"
  std::string kernel{};      // of the VM; "": the default
  std::string program{};     // the shmpath that judges; "": this one
  bool ahead = false;        // in the VM: for jobs of one exercise, one after the other
};

// One judge takes one job after the other; in the VM, the VM stays up between them and is gone with
// the judge. Own processes: a judge can be ended at any time, and all that it started ends with it.
class Judge {
 public:
  virtual ~Judge() = default;
  // Throws Failure only when stopped by a signal; every other trouble is a report.
  virtual JudgeReport judge(const JudgeJob& job) = 0;
};

std::unique_ptr<Judge> start_judge(const JudgePlace& where);

}  // namespace shmpath
