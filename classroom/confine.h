// SPDX-License-Identifier: BSD-2-Clause
//
// The bounds of a stranger's program in the VM's grading profile, where the judge is root: an
// ordinary user without rights, limits, a control group, and file systems of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "classroom/bpf_guard.h"
#include "classroom/judge.h"

namespace shmpath {

// What the submission is given beyond an ordinary user's rights.
struct Rights {
  bool confined = false;  // else all of this is left alone
  bool root = false;      // CAP_SYS_ADMIN, for frame numbers, without the calls that give it power
  bool bpf = false;       // CAP_BPF and CAP_PERFMON, for programs that only observe
};
Rights rights_for(const JudgeJob& job, bool confined);

// In the child, before it executes the submission's program. Throws std::system_error.
void confine(const Rights& rights);

// Lives as long as one job: the control group, a folder to build in, one for the judge, an empty
// /tmp and /dev/shm. With it goes all that the job left in these, and other objects of System V.
// Throws std::system_error.
class Confinement {
 public:
  explicit Confinement(const JudgeJob& job);
  ~Confinement();
  Confinement(const Confinement&) = delete;
  Confinement& operator=(const Confinement&) = delete;

  const std::filesystem::path& folder() const { return folder_; }  // the submission's
  const std::filesystem::path& own() const { return own_; }  // closed to it, not for it to fill
  std::vector<pid_t> processes() const;                      // in the group
  bool kill_all() const;  // for some seconds at most; whether none is left

 private:
  void mount_fresh(const char* where, const std::string& options);

  std::filesystem::path folder_, own_;
  std::vector<std::string> mounted_;
  std::unique_ptr<BpfGuard> guard_;  // where the submission may have BPF programs
};

}  // namespace shmpath
