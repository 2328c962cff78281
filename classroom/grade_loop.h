// SPDX-License-Identifier: BSD-2-Clause
//
// Grades one submission after the other, some at once, each by a process of its own: what becomes
// of one, even of its grader, is nothing to the others. Knows nothing of how one is graded.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "classroom/grade_store.h"

namespace shmpath {

// Runs in a process of its own. What it throws is the reason why it is to be graded again.
using GradeWork = std::function<Assessment(const HandIn&)>;

// What is going on, for people.
class GradeWatcher {
 public:
  virtual ~GradeWatcher() = default;
  virtual void begun(const HandIn& what) = 0;
  virtual void ended(const HandIn& what, const Assessment& assessment) = 0;
  virtual void tick() = 0;  // some times a second
};

struct LoopOptions {
  unsigned jobs = 1;
  std::string kernel;  // as it was asked for; kept with each result
  std::chrono::seconds limit = std::chrono::minutes(30);  // for one: something hangs
};

// Every one has a result in the store then. Throws Failure when stopped by a signal, with that
// signal's status; those that were begun are ended, and are without a result.
void grade_all(const std::vector<HandIn>& todo, const GradeStore& store, const GradeWork& work,
               const LoopOptions& options, GradeWatcher& watcher);

// One that says why there is no grade.
Assessment no_grade(const Exercise& exercise, const std::string& reason, bool again);

}  // namespace shmpath
