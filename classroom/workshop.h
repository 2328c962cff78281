// SPDX-License-Identifier: BSD-2-Clause
//
// Where one job is done: folders, the person whose rights the submission gets, and the bounds
// around it. With it goes all that the job has left.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "classroom/child.h"
#include "classroom/confine.h"
#include "classroom/judge.h"
#include "tracer/target.h"

namespace shmpath {

class Workshop {
 public:
  // Throws std::system_error or Failure.
  Workshop(const JudgeJob& job, bool confined);
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  const std::filesystem::path& own() const { return own_; }        // the judge's
  const std::filesystem::path& folder() const { return folder_; }  // the submission's
  bool confined() const { return confinement_ != nullptr; }
  const Rights& rights() const { return rights_; }
  std::vector<std::string> environment() const;  // of the compiler and the runs
  // The child becomes who the submission is.
  void become_submitter() const;

  // The submission's processes, but for these. The second kills them; whether none is left.
  std::vector<pid_t> processes(const std::vector<pid_t>& but) const;
  bool end_processes(const std::vector<pid_t>& but) const;

 private:
  void write_sources(const JudgeJob& job) const;

  Identity who_;
  Rights rights_;
  std::filesystem::path own_, folder_;
  std::unique_ptr<Confinement> confinement_;
};

}  // namespace shmpath
