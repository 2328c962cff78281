// SPDX-License-Identifier: BSD-2-Clause
//
// The tracer of a job's runs, and the pipes between it and the judge. It can be started before its
// job is known: with its probes in place it waits for a plan, and the job need not wait for it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "classroom/child.h"
#include "classroom/judge_runs.h"

namespace shmpath {

class RunsTracer {
 public:
  // For that many runs; the trace goes into a new file of that name, which goes with this.
  // Throws std::system_error.
  RunsTracer(const std::string& view, std::size_t runs, std::filesystem::path trace);
  ~RunsTracer();
  RunsTracer(const RunsTracer&) = delete;
  RunsTracer& operator=(const RunsTracer&) = delete;

  bool fits(const std::string& view, std::size_t runs) const;  // and is there still
  // Once; the descriptors of the plan are filled in here. Throws std::system_error.
  void begin(RunsPlan plan);
  void ended(int status) { status_ = status; }

  pid_t pid() const { return pid_; }
  const std::filesystem::path& trace() const { return trace_; }
  int output(std::size_t run) const { return outputs_[run].get(); }  // none of these blocks
  int told() const { return told_.get(); }
  int words() const { return words_.get(); }
  const std::optional<int>& status() const { return status_; }

 private:
  std::string view_;
  std::filesystem::path trace_;
  std::vector<Fd> outputs_;  // of each run
  Fd plan_, told_, words_;   // words: what the tracer has to say
  std::vector<int> output_numbers_;
  int told_number_ = -1;  // as judge-runs has it
  pid_t pid_ = -1;
  Fd watched_;                 // stays this process, though its number may go to another
  std::optional<int> status_;  // once it has been waited for
};

}  // namespace shmpath
