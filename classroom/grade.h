// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath grade: a class's submissions, each judged in a VM of its own.
#pragma once

#include <vector>

#include "classroom/grade_loop.h"
#include "classroom/grade_store.h"
#include "classroom/report.h"
#include "tracer/options.h"

namespace shmpath {

// 0: every submission has a result; 1: some could not be graded. Throws Failure.
int grade_class(const Options& options);

// Those that could have a result and have none in the store, or one of something else, or that are
// to be graded again.
std::vector<HandIn> without_result(const std::vector<HandIn>& all, const GradeStore& store,
                                   const std::string& kernel, bool again);

// What the stores have of these, as a report; what is missing, is of something else, or differs
// from store to store is in report.missing.
ClassReport merge_results(const std::vector<HandIn>& all, const std::vector<GradeStore>& stores);

}  // namespace shmpath
