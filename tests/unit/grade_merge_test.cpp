// SPDX-License-Identifier: BSD-2-Clause
//
// The results of several machines as one.
#include "tests/unit/grade_support.h"

using namespace shmpath;
using Strings = std::vector<std::string>;

namespace {

struct Machines {
  std::vector<ExerciseKit> kits = small_kits();
  TemporaryFolder first, second;
  std::vector<GradeStore> stores;
  std::vector<HandIn> all;

  Machines() {
    stores.emplace_back(first.path(), GradeStore::Make::yes);
    stores.emplace_back(second.path(), GradeStore::Make::yes);
    for (const char* student : {"alice", "bob"})
      all.push_back({student, &kits[0], "", "", false, false, "key"});
    keep(0, 0, {});
    keep(1, 1, {"two"});
  }
  void keep(std::size_t store, std::size_t what, const Strings& lost) const {
    stores[store].write(all[what], "", grade_without(kits[0].exercise, lost));
  }
  ClassReport merged() const { return merge_results(all, stores); }
};

}  // namespace

TEST_CASE("Results of two machines are merged into one report") {
  const Machines machines;
  const ClassReport report = machines.merged();
  CHECK(report.missing.empty());
  REQUIRE(report.submissions.size() == 2);
  CHECK(report.submissions[0].assessment.points == 10);
  CHECK(report.submissions[1].assessment.points == 6);
}

TEST_CASE("A missing and a stale result are told by name, and are not in the report") {
  Machines machines;
  machines.all.push_back({"carol", &machines.kits[0], "", "", false, false, "key"});
  machines.all[1].key = "other";
  const ClassReport report = machines.merged();
  REQUIRE(report.submissions.size() == 1);
  REQUIRE(report.missing.size() == 2);
  CHECK(report.missing[0].starts_with("bob 01-leak: the result in "));
  CHECK(report.missing[0].find("of other files") != std::string::npos);
  CHECK(report.missing[1] == "carol 01-leak: there is no result; grade it");
}

TEST_CASE("Two results that differ are a conflict; two that are the same are none") {
  const Machines machines;
  machines.keep(1, 0, {});
  CHECK(machines.merged().missing.empty());
  machines.keep(1, 0, {"one"});
  ClassReport report = machines.merged();
  REQUIRE(report.missing.size() == 1);
  CHECK(report.missing[0].starts_with("alice 01-leak: the results in "));
  machines.keep(0, 0, {"secret"});  // as many points, for other lines
  CHECK(machines.merged().missing.size() == 1);
}

TEST_CASE("A grade counts more than a result that is to be graded again") {
  const Machines machines;
  const auto again = no_grade(machines.kits[0].exercise, "the VM did not start", true);
  for (std::size_t store : {0U, 1U}) {
    machines.stores[store].write(machines.all[store], "", again);
    machines.keep(1 - store, store, {"one"});
  }
  const ClassReport report = machines.merged();
  CHECK(report.missing.empty());
  REQUIRE(report.submissions.size() == 2);
  for (const GradedSubmission& one : report.submissions) CHECK(one.assessment.points == 7);
}

TEST_CASE("A trouble of a submission needs no result") {
  Machines machines;
  machines.all[0].trouble = "it is a link";
  const ClassReport report = machines.merged();
  CHECK(report.missing.empty());
  CHECK_FALSE(report.submissions[0].assessment.graded);
  CHECK(report.submissions[0].assessment.reason == "it is a link");
  CHECK(report.submissions[0].assessment.lines.size() == 3);
}
