// SPDX-License-Identifier: BSD-2-Clause
//
// Under sudo the traced program runs as the person who typed sudo.
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "tests/live/support.h"

using namespace live;

namespace {

struct Person {
  std::string name;
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;  // sorted
};

std::vector<gid_t> groups_of(const passwd& entry) {
  std::vector<gid_t> groups(256);
  int count = static_cast<int>(groups.size());
  getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count);
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  std::sort(groups.begin(), groups.end());
  return groups;
}

// Of all the users of this machine, the one with the most groups, root left out.
Person person_with_most_groups() {
  Person best{};
  setpwent();
  while (const passwd* entry = getpwent()) {
    if (entry->pw_uid == 0) continue;
    const auto groups = groups_of(*entry);
    if (best.name.empty() || groups.size() > best.groups.size())
      best = {entry->pw_name, entry->pw_uid, entry->pw_gid, groups};
  }
  endpwent();
  return best;
}

std::string line_that_begins(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(start)) return line;
  return "";
}

template <typename Id>
std::string three_times(const char* what, Id id) {
  const std::string number = std::to_string(id);
  return std::string(what) + " " + number + " " + number + " " + number;
}

// setuid_show where every user can execute it, in a folder where every user can write the trace.
std::string shown_by(const TempFolder& folder) {
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
  const auto copy = folder / "setuid_show";
  std::filesystem::copy_file(target("setuid_show"), copy);
  std::filesystem::permissions(copy, std::filesystem::perms(0755));
  return copy.string();
}

}  // namespace

TEST_CASE("under sudo the program has the person's ids and groups and no capability") {
  NEEDS_ROOT();
  const Person person = person_with_most_groups();
  NEEDS(!person.name.empty(), "needs a user that is not root");
  TempFolder folder;
  const Outcome run =
      run_command({{shmpath(), "trace", "-o", (folder / "trace").string(), "--", shown_by(folder)},
                   "",
                   false,
                   {{"SUDO_UID", std::to_string(person.uid)},
                    {"SUDO_GID", std::to_string(person.gid)},
                    {"SUDO_USER", person.name}}});
  CAPTURE(person.name, run.out, run.err);
  REQUIRE(run.status == 0);
  std::string groups = "groups";
  for (gid_t group : person.groups) groups += " " + std::to_string(group);
  CHECK(line_that_begins(run.out, "uid") == three_times("uid", person.uid));
  CHECK(line_that_begins(run.out, "gid") == three_times("gid", person.gid));
  CHECK(line_that_begins(run.out, "groups") == groups);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
    CHECK(line_that_begins(run.out, set) == std::string(set) + ":\t0000000000000000");
}

TEST_CASE("a sudo that came from root leaves the program root") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("sudo");
  TempFolder folder;
  const Outcome run = run_command({{"sudo", "-n", shmpath(), "trace", "-o",
                                    (folder / "trace").string(), "--", shown_by(folder)}});
  CAPTURE(run.out, run.err);
  REQUIRE(run.status == 0);
  CHECK(line_that_begins(run.out, "uid") == "uid 0 0 0");
}

TEST_CASE("a SUDO_UID that is no number is refused") {
  NEEDS_ROOT();
  TempFolder folder;
  const std::string made = (folder / "made").string();
  const Outcome run =
      run_command({{shmpath(), "trace", "--", "touch", made},
                   "",
                   false,
                   {{"SUDO_UID", "no-number"}, {"SUDO_GID", "0"}, {"SUDO_USER", "x"}}});
  CAPTURE(run.err);
  CHECK(run.status == 125);
  CHECK(run.err.find("SUDO_UID") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(made));
}
