// SPDX-License-Identifier: BSD-2-Clause
//
// Prints whom this process runs as: its ids, its groups, and its capabilities.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <string>

int main() {
  uid_t uid = 0, euid = 0, suid = 0;
  gid_t gid = 0, egid = 0, sgid = 0;
  if (getresuid(&uid, &euid, &suid) != 0 || getresgid(&gid, &egid, &sgid) != 0) return 1;
  std::cout << "uid " << uid << ' ' << euid << ' ' << suid << '\n';
  std::cout << "gid " << gid << ' ' << egid << ' ' << sgid << '\n';

  std::array<gid_t, 1024> groups{};
  const int count = getgroups(groups.size(), groups.data());
  if (count < 0) return 1;
  std::sort(groups.begin(), groups.begin() + count);
  std::cout << "groups";
  for (int i = 0; i < count; ++i) std::cout << ' ' << groups[i];
  std::cout << '\n';

  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Cap")) std::cout << line << '\n';
  return 0;
}
