// SPDX-License-Identifier: BSD-2-Clause
//
// Results in a folder, a file for each submission. A file is there whole or not at all, so that a
// run which was cut off goes on where it was. What is read may have come from another machine: it
// counts only if it is of this submission and adds up by the rubric here.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "classroom/assess.h"
#include "classroom/grade_class.h"
#include "tracer/fd.h"

namespace shmpath {

struct GradeResult {
  std::string key;     // of what was graded: see HandIn
  std::string kernel;  // as it was asked for
  Assessment assessment;
};

class GradeStore {
 public:
  // `make`: the folder, if it is not there. With `beside`, a link in its place is refused:
  // it lies among the submissions. Throws Failure.
  enum class Make { yes, no };
  enum class Where { asked, beside };
  GradeStore(const std::filesystem::path& folder, Make make, Where where = Where::asked);

  // Nobody else grades the same part here while this lives. Throws Failure when somebody does.
  void lock(unsigned shard, unsigned shards,
            std::chrono::milliseconds patience = std::chrono::seconds(10));

  // Nothing when there is none, or when it is none of this submission.
  std::optional<GradeResult> read(const HandIn& what) const;
  // Throws Failure.
  void write(const HandIn& what, const std::string& kernel, const Assessment& assessment) const;

  const std::filesystem::path& folder() const { return path_; }

 private:
  std::filesystem::path path_;
  Fd folder_, lock_;
};

// A name that is safe for a file, one for each student: letters, digits, '.', '_' and '-' stay,
// what else there is becomes %XX; if it is long, it is cut and a digest follows.
std::string safe_file_name(const std::string& name);

// Why the assessment cannot be one of this exercise; "" if it can.
std::string why_not_of(const Exercise& exercise, const Assessment& assessment);

}  // namespace shmpath
