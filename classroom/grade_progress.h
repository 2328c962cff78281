// SPDX-License-Identifier: BSD-2-Clause
//
// How far the grading is, on standard error: a bar that is redrawn on a terminal, a line for each
// submission elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "classroom/grade_loop.h"

namespace shmpath {

class GradeProgress : public GradeWatcher {
 public:
  // `before`: how many of all were graded by an earlier run.
  GradeProgress(std::size_t before, std::size_t all);
  ~GradeProgress() override;  // takes the bar away
  GradeProgress(const GradeProgress&) = delete;
  GradeProgress& operator=(const GradeProgress&) = delete;

  void begun(const HandIn& what) override;
  void ended(const HandIn& what, const Assessment& assessment) override;
  void tick() override;

 private:
  void draw();
  std::optional<double> seconds_left() const;

  const std::size_t before_, all_;
  std::size_t ended_ = 0;
  std::string what_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point begun_;
  bool drawn_ = false;
};

// `[#####     ] 12/60 alice 03-sysv-lifetime, about 4 min left`, no wider than `columns`.
std::string grade_bar(std::size_t done, std::size_t all, const std::string& what,
                      std::optional<double> seconds_left, std::size_t columns);

// "alice 03-sysv-lifetime"; "10/10", or why there is no grade.
std::string name_of(const HandIn& what);
std::string outcome(const Assessment& assessment);

}  // namespace shmpath
