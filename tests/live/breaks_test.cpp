// SPDX-License-Identifier: BSD-2-Clause
//
// A verdict is a measurement: change a lab's premise, and the verdict changes. The lab is checked
// with the changed program in its place. The breaks that need the VM's devices are in tests/vm.
#include "tests/live/breaks.h"

#include <map>
#include <regex>
#include <set>

#include "tests/live/support.h"

using namespace live;
namespace fs = std::filesystem;

namespace {

// Every claim that a flow file lists.
std::set<std::string> listed_claims() {
  static const std::regex id(R"re(["'](C\d\d)["'])re");
  std::set<std::string> claims;
  for (const auto& entry : fs::directory_iterator(source_folder() / "labs")) {
    const std::string flow = read_file(entry.path() / "flow.toml");
    for (std::sregex_iterator it(flow.begin(), flow.end(), id), end; it != end; ++it)
      claims.insert((*it)[1]);
  }
  return claims;
}

Outcome check_on_host(const std::string& lab, std::vector<std::string> options = {}) {
  Command command{{shmpath(), "check", lab, "--place", "host"}};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  return run_command(std::move(command));
}

}  // namespace

TEST_CASE("every claim of every lab has a break") {
  std::set<std::string> broken;
  for (const Break& one : read_breaks()) broken.insert(one.claim);
  const auto claims = listed_claims();
  CHECK_FALSE(claims.empty());
  for (const std::string& claim : claims) {
    CAPTURE(claim);
    CHECK(broken.contains(claim));
  }
}

TEST_CASE("breaking the premise of a claim changes its verdict") {
  NEEDS_ROOT();
  std::map<std::string, std::string> unbroken;  // what `check` prints, by lab
  for (const Break& one : read_breaks()) {
    if (one.place == "vm") continue;
    CAPTURE(one.claim, one.lab, one.file);
    TempFolder folder;
    const fs::path labs = folder / "labs";
    const fs::path program = make_broken_labs(one, labs);
    const std::string number = one.lab_number();
    if (!unbroken.contains(number)) unbroken[number] = check_on_host(number).out;
    const Outcome after = check_on_host(number, {"--labs", labs.string()});
    CAPTURE(after.out, after.err);
    CHECK(verdict_of(one.claim, after.out) == one.becomes);
    const std::string own = verdict_of(one.claim, run_command({{program.string()}}).out);
    CHECK((own == one.becomes) == (one.measured == "program"));
    CHECK(verdict_of(one.claim, unbroken[number]) != one.becomes);
  }
}
