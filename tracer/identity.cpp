// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/identity.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "tracer/failure.h"

namespace shmpath {
namespace {

constexpr unsigned same = ~0U;  // to setresuid: leave it as it is

// The number that sudo left in the environment. Root's word is taken for it, so one that makes no
// sense is refused rather than passed over.
std::optional<unsigned> number_from_sudo(const char* name) {
  const char* text = getenv(name);
  if (!text) return std::nullopt;
  unsigned value = 0;
  auto [end, error] = std::from_chars(text, text + strlen(text), value);
  if (error != std::errc{} || *end || value == same)
    throw Failure("cannot tell who runs shmpath",
                  std::string(name) + " is `" + text + "`, which is no number",
                  std::string("use sudo, or unset ") + name);
  return value;
}

std::vector<gid_t> our_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  if (getgroups(static_cast<int>(groups.size()), groups.data()) < 0) groups.clear();
  return groups;
}

std::vector<gid_t> groups_of(const Identity& who) {
  if (who.name.empty()) return {};
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (getgrouplist(who.name.c_str(), who.gid, groups.data(), &count) < 0)
    groups.resize(static_cast<std::size_t>(count));
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

// As the C library's functions of these names, but of this thread alone.
bool set_groups(const std::vector<gid_t>& groups) {
  return syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}
bool set_effective_gid(gid_t gid) { return syscall(SYS_setresgid, same, gid, same) == 0; }
bool set_effective_uid(uid_t uid) { return syscall(SYS_setresuid, same, uid, same) == 0; }

}  // namespace

bool become(const Identity& who) {
  if (!who.changes) return true;
  const bool groups = setgroups(0, nullptr) == 0 &&
                      (who.name.empty() || initgroups(who.name.c_str(), who.gid) == 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return groups && setresgid(who.gid, who.gid, who.gid) == 0 &&
         setresuid(who.uid, who.uid, who.uid) == 0;
}

Identity invoking_user() {
  Identity self{getuid(), getgid(), "", false};
  if (getuid() != 0 || !getenv("SUDO_UID")) return self;
  auto uid = number_from_sudo("SUDO_UID");
  auto gid = number_from_sudo("SUDO_GID");
  if (!gid)
    throw Failure("cannot tell who runs shmpath", "SUDO_UID is set and SUDO_GID is not",
                  "use sudo, or unset SUDO_UID");
  if (*uid == 0) return self;
  const passwd* entry = getpwuid(*uid);
  return {*uid, *gid, entry ? entry->pw_name : "", true};
}

AsInvokingUser::AsInvokingUser() {
  const Identity who = invoking_user();
  if (!who.changes || geteuid() == who.uid) return;
  groups_ = our_groups();
  gid_ = getegid();
  if (set_groups(groups_of(who)) && set_effective_gid(who.gid) && set_effective_uid(who.uid))
    return;
  const int error = errno;
  if (!(set_effective_gid(gid_) && set_groups(*groups_))) std::abort();
  throw std::system_error(error, std::generic_category(), "setresuid");
}

AsInvokingUser::~AsInvokingUser() {
  // cannot fail: the saved ids are still root's. If it did, going on would be unsafe.
  if (groups_ && !(set_effective_uid(0) && set_effective_gid(gid_) && set_groups(*groups_)))
    std::abort();
}

}  // namespace shmpath
