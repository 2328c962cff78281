// SPDX-License-Identifier: BSD-2-Clause
//
// On each kernel of the matrix: what `shmpath check` says of each documented step and claim.
#include <cstdlib>
#include <fstream>
#include <regex>

#include "tests/live/breaks.h"
#include "tests/vm/results.h"

using live::Outcome;
namespace fs = std::filesystem;

namespace {

// `shmpath check` was content, and knows it is in the VM.
Outcome checked(const std::string& lab) {
  Outcome run = vm::result("check-" + lab);
  CAPTURE(lab, run.out, run.err);
  CHECK(run.status == 0);
  CHECK(run.out.find(", functions view on vm: ") != std::string::npos);
  CHECK(run.out.find("UNEXPECTED") == std::string::npos);
  CHECK(run.out.find("the trace is incomplete") == std::string::npos);
  return run;
}

bool is_excused(const std::set<std::string>& unseen, const std::string& lab,
                const vm::Finding& found, std::set<std::string>& used) {
  const std::string program = found.program.empty() ? "-" : found.program;
  for (const std::string& name : {found.name, std::string("*")}) {
    const std::string entry = lab + " " + program + " " + name;
    if (!unseen.contains(entry)) continue;
    used.insert(entry);
    return true;
  }
  return false;
}

// The breaks that the host cannot show, and all of lab 09, whose drivers are here.
bool is_for_the_vm(const live::Break& one) { return one.place == "vm" || one.lab_number() == "09"; }

}  // namespace

TEST_CASE("no documented step is left without being seen", "[5.10][6.1][6.12][newest]") {
  const auto absent = vm::excused("absent.txt");
  const auto unseen = vm::excused("unseen.txt");
  std::set<std::string> used;
  for (const std::string& lab : vm::labs()) {
    const auto findings = vm::findings(vm::result("check-" + lab).out);
    CHECK(findings.size() > 5);
    for (const vm::Finding& found : findings) {
      CAPTURE(lab, found.program, found.step, found.name, found.status);
      const bool ordinary = found.status == "observed" || found.status.starts_with("observed, ") ||
                            found.status.starts_with("renamed to ") ||
                            found.status.starts_with("inlined into ") ||
                            found.status.starts_with("partly inlined");
      // The kernel keeps probes out of a few functions, and says so of each.
      const bool refused = found.status == "not probeable (the kernel keeps probes out of it)";
      const bool is_absent = found.status == "not on this kernel" && absent.contains(found.name);
      if (!ordinary && !refused && !is_absent) CHECK(is_excused(unseen, lab, found, used));
    }
  }
  for (const std::string& entry : unseen) {
    CAPTURE(entry);
    if (entry.find(" C") == std::string::npos) CHECK(used.contains(entry));
  }
}

TEST_CASE("every claim comes out as expected", "[5.10][6.1][6.12][newest]") {
  static const std::regex shape(R"(\n  (C\d\d)  (holds|differs|not checked here)  )");
  const auto unseen = vm::excused("unseen.txt");
  for (const std::string& lab : vm::labs()) {
    const std::string text = checked(lab).out;
    int claims = 0;
    for (std::sregex_iterator it(text.begin(), text.end(), shape), end; it != end; ++it) {
      const std::string claim = (*it)[1], verdict = (*it)[2];
      CAPTURE(lab, claim, verdict, text.substr(text.find("\nclaims\n")));
      ++claims;
      CHECK((verdict == "not checked here") == unseen.contains(lab + " - " + claim));
    }
    CHECK(claims >= 1);
  }
}

TEST_CASE("each program of each lab, run again, prints the same and leaves nothing",
          "[5.10][6.12]") {
  std::set<std::string> everyone = {vm::kernel() == "5.10" ? "root" : "user"};
  if (std::getenv("REPEAT")) everyone = {"root", "user"};
  for (const std::string& who : everyone) {
    const Outcome run = vm::result("repeat-" + who);
    CAPTURE(who, run.out, run.err);
    CHECK(run.status == 0);
  }
}

TEST_CASE("the programs of the breaks that are for the VM compile", "[.][breaks]") {
  const fs::path folder = vm::vm_folder() / "breaks/6.12";
  fs::remove_all(folder);
  int number = 0;
  for (const live::Break& one : live::read_breaks()) {
    if (!is_for_the_vm(one)) continue;
    const fs::path broken = folder / std::to_string(++number);
    fs::create_directories(broken);
    const fs::path program = live::make_broken_labs(one, broken / "labs");
    std::ofstream(broken / "program") << program.string() << '\n';
    std::ofstream(broken / "lab") << one.lab_number() << '\n';
  }
  CHECK(number > 0);
}

TEST_CASE("breaking the premise of a claim changes its verdict in the VM", "[6.12]") {
  int number = 0;
  for (const live::Break& one : live::read_breaks()) {
    if (!is_for_the_vm(one)) continue;
    const std::string name = "break-" + std::to_string(++number);
    const Outcome after = vm::result(name + "-check");
    CAPTURE(one.claim, one.file, one.replace.front().second, after.out, after.err);
    CHECK(live::verdict_of(one.claim, after.out) == one.becomes);
    const std::string own = live::verdict_of(one.claim, vm::result(name + "-alone").out);
    CHECK((own == one.becomes) == (one.measured == "program"));
    const std::string unbroken = vm::result("check-" + one.lab_number()).out;
    CHECK(live::verdict_of(one.claim, unbroken) != one.becomes);
  }
  CHECK(number > 0);
}
