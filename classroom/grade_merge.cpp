// SPDX-License-Identifier: BSD-2-Clause
//
// From results to a report.
#include <fmt/format.h>

#include <algorithm>

#include "classroom/grade.h"
#include "tracer/text.h"
#include "tracer/version.h"

namespace shmpath {
namespace {

// The same grade: times and the words of compilers may differ from machine to machine.
bool same_grade(const Assessment& a, const Assessment& b) {
  const auto same_line = [](const AssessedLine& one, const AssessedLine& other) {
    return one.id == other.id && one.points == other.points && one.met == other.met;
  };
  return a.graded == b.graded && a.points == b.points && a.of == b.of &&
         std::ranges::equal(a.lines, b.lines, same_line);
}

std::string folder_of(const GradeStore& store) { return escape_bytes(store.folder().string()); }

// What there is of one submission.
struct Merged {
  std::optional<Assessment> assessment;
  std::string trouble;
};

Merged merge_one(const HandIn& what, const std::vector<GradeStore>& stores) {
  if (!what.trouble.empty()) return {no_grade(what.kit->exercise, what.trouble, what.ours), ""};
  Merged merged;
  const GradeStore *from = nullptr, *stale = nullptr;
  for (const GradeStore& store : stores) {
    const auto result = store.read(what);
    if (!result) continue;
    if (result->key != what.key) {
      stale = &store;
    } else if (!from || (merged.assessment->again && !result->assessment.again)) {
      merged.assessment = result->assessment;
      from = &store;
    } else if (!result->assessment.again && !same_grade(*merged.assessment, result->assessment)) {
      merged.trouble = fmt::format("the results in {} and {} differ; grade it again with --again",
                                   folder_of(*from), folder_of(store));
    }
  }
  if (from) return merged;
  merged.trouble = stale ? fmt::format(
                               "the result in {} is of other files, of another rubric or of "
                               "another shmpath; grade it again",
                               folder_of(*stale))
                         : "there is no result; grade it";
  return merged;
}

}  // namespace

std::vector<HandIn> without_result(const std::vector<HandIn>& all, const GradeStore& store,
                                   const std::string& kernel, bool again) {
  std::vector<HandIn> todo;
  for (const HandIn& what : all) {
    if (!what.trouble.empty()) continue;  // nothing to grade
    const auto result = store.read(what);
    const bool there =
        result && result->key == what.key && !result->assessment.again && result->kernel == kernel;
    if (again || !there) todo.push_back(what);
  }
  return todo;
}

ClassReport merge_results(const std::vector<HandIn>& all, const std::vector<GradeStore>& stores) {
  ClassReport report;
  report.version = shmpath_version();
  for (const HandIn& what : all) {
    Merged merged = merge_one(what, stores);
    if (!merged.trouble.empty())
      report.missing.push_back(
          fmt::format("{} {}: {}", what.student, what.kit->exercise.id(), merged.trouble));
    else
      report.submissions.push_back(
          {what.student, what.kit, std::move(*merged.assessment), what.absent});
  }
  return report;
}

}  // namespace shmpath
