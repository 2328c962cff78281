// SPDX-License-Identifier: BSD-2-Clause
//
// What check found, as a ledger and as JSON.
#include "tracer/report.h"
#include "tests/paths.h"

#include <nlohmann/json.hpp>
#include <set>

#include "tests/catch.h"

using namespace shmpath;

namespace {

Claim claim(const std::string& id, bool holds, const std::string& truth = "") {
  Claim claim;
  claim.id = id;
  claim.text = {"Statement " + id + ".", "论断 " + id + "。"};
  if (!truth.empty()) claim.truth = {truth, "实际"};
  claim.expect = holds ? Expect::holds : Expect::differs;
  return claim;
}

// Two labs: C03 and C01 in the first, C02 in the second.
struct Labs {
  Flow first, second;
  Labs() {
    first.number = 1;
    first.name = "first";
    first.claims = {claim("C03", false, "Otherwise."), claim("C01", true)};
    second.number = 2;
    second.name = "second";
    second.claims = {claim("C02", true)};
  }
  std::vector<LabReport> reports(Verdict c01, Verdict c02, Verdict c03) const {
    std::vector<LabReport> reports(2);
    reports[0].flow = &first;
    reports[0].claims = {{&first.claims[0], c03, "3 pages"}, {&first.claims[1], c01, "1 page"}};
    reports[1].flow = &second;
    reports[1].claims = {{&second.claims[0], c02, "no heap here"}};
    return reports;
  }
};

}  // namespace

TEST_CASE("The ledger has the claims of all labs in order, and counts them") {
  const Labs labs;
  const auto reports = labs.reports(Verdict::holds, Verdict::not_checked, Verdict::differs);
  const std::string ledger = ledger_text(reports, false);
  CHECK(
      ledger.starts_with("claims ledger\n"
                         "  C01  holds             01  Statement C01.\n"
                         "       measured: 1 page\n"
                         "  C02  not checked here  02  Statement C02.\n"
                         "       measured: no heap here\n"
                         "  C03  differs           01  Statement C03.\n"
                         "       measured: 3 pages\n"
                         "       in truth: Otherwise.\n"
                         "  C04  no lab here checks it\n"));
  CHECK(ledger.ends_with(
      "  C59  no lab here checks it\n\n"
      "1 hold, 1 differ as expected, 1 not checked here, 0 unexpected; 56 have no lab here\n"));
  CHECK(ledger_text(reports, true).find("论断 C01。") != std::string::npos);
  for (const LabReport& report : reports) CHECK(report.good());
}

TEST_CASE("What was not expected is counted apart, and fails its lab") {
  const Labs labs;
  auto reports = labs.reports(Verdict::differs, Verdict::holds, Verdict::holds);
  const std::string ledger = ledger_text(reports, false);
  CHECK(ledger.find("1 hold, 0 differ as expected, 0 not checked here, 2 unexpected;") !=
        std::string::npos);
  CHECK(ledger.find("       UNEXPECTED: differs was expected\n") != std::string::npos);
  CHECK(ledger.find("       UNEXPECTED: holds was expected\n") != std::string::npos);
  CHECK_FALSE(reports[0].good());
  CHECK(reports[1].good());
  reports[1].status = 3;
  CHECK_FALSE(reports[1].good());
  CHECK(faults_text(reports[1]) == "\nthe lab failed: exit status 3\n");
}

TEST_CASE("A claim without its verdict is unexpected, whatever was expected") {
  const Labs labs;
  auto reports = labs.reports(Verdict::holds, Verdict::not_checked, Verdict::differs);
  reports[1].claims[0].missing = true;
  CHECK(ledger_text(reports, false).find("0 not checked here, 1 unexpected") != std::string::npos);
  CHECK_FALSE(reports[1].good());
}

TEST_CASE("The JSON has every finding and every verdict") {
  const Labs labs;
  auto reports = labs.reports(Verdict::holds, Verdict::not_checked, Verdict::differs);
  const FlowStep step{"prog", 4, {"touch", "触碰"}, "", {}, {}};
  reports[0].steps = {{&step, {{"do_fault", "kernel", "observed", "mm/memory.c"}}}};
  reports[0].header.kernel = "6.12";
  reports[0].claims[1].said = "byte \xff";  // what a program printed
  reports[1].gaps = "3 events lost";
  const std::string text = report_json(reports);
  CHECK(text.ends_with("}\n"));
  const auto json = nlohmann::json::parse(text);
  CHECK(json["format"] == "shmpath.check/1");
  const auto& first = json["labs"][0];
  CHECK(first["lab"] == "01-first");
  CHECK(first["kernel"] == "6.12");
  CHECK(first["complete"] == true);
  CHECK(first["steps"][0]["program"] == "prog");
  CHECK(first["steps"][0]["number"] == 4);
  CHECK(first["steps"][0]["text"]["zh"] == "触碰");
  const auto& call = first["steps"][0]["calls"][0];
  CHECK(call == nlohmann::json{{"layer", "kernel"},
                               {"name", "do_fault"},
                               {"source", "mm/memory.c"},
                               {"status", "observed"}});
  CHECK(first["claims"][0]["id"] == "C03");
  CHECK(first["claims"][0]["verdict"] == "differs");
  CHECK(first["claims"][0]["expected"] == "differs");
  CHECK(first["claims"][0]["as_expected"] == true);
  CHECK(first["claims"][0]["measured"] == "3 pages");
  CHECK(first["claims"][0]["truth"]["en"] == "Otherwise.");
  CHECK_FALSE(first["claims"][1].contains("truth"));
  CHECK(json["labs"][1]["claims"][0]["verdict"] == "not checked here");
  CHECK(json["labs"][1]["complete"] == false);
  CHECK(json["labs"][1]["gaps"] == "3 events lost");
}

TEST_CASE("Each claim of the ledger is checked by one lab, and by one only") {
  std::multiset<std::string> checked, ledger;
  for (const Flow& flow : load_catalogue(source_dir + "/labs").flows)
    for (const Claim& one : flow.claims) checked.insert(one.id);
  for (unsigned number = 1; number <= last_claim; number++)
    ledger.insert((number < 10 ? "C0" : "C") + std::to_string(number));
  CHECK(checked == ledger);
}
