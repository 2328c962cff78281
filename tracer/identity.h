// SPDX-License-Identifier: BSD-2-Clause
//
// For whom we work: under sudo the person behind it, else oneself.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace shmpath {

// Who the target runs as.
struct Identity {
  uid_t uid;
  gid_t gid;
  std::string name;  // for the supplementary groups; "" when the uid has no entry
  bool changes;      // differs from who we are
};
Identity invoking_user();

// In a child: becomes that person for good, with no capability left. False, and errno: it cannot.
bool become(const Identity& who);

// While it lives, this thread has the invoking user's rights to files and no other: ids, groups, no
// capability. The kernel checks each path, so that nothing can be exchanged between a look and a
// use. Other threads keep their rights.
class AsInvokingUser {
 public:
  AsInvokingUser();
  ~AsInvokingUser();
  AsInvokingUser(const AsInvokingUser&) = delete;
  AsInvokingUser& operator=(const AsInvokingUser&) = delete;

 private:
  std::optional<std::vector<gid_t>> groups_;  // those we had; nothing: no rights were changed
  gid_t gid_ = 0;
};

}  // namespace shmpath
