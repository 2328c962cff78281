// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/rights.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "tracer/failure.h"
#include "tracer/fd.h"

namespace shmpath {
namespace {

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

Sets our_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Sets sets{};
  if (syscall(SYS_capget, &header, sets.data()))
    throw std::system_error(errno, std::generic_category(), "capget");
  return sets;
}

bool set_capabilities(Sets sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

void require(bool done) {
  if (!done) throw std::system_error(errno, std::generic_category(), "capset");
}

bool effective(const Sets& sets, unsigned capability) {
  return (sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

// While it lives, this thread has no capability in effect.
class WithoutCapabilities {
 public:
  WithoutCapabilities() : before_(our_capabilities()) {
    Sets none = before_;
    for (auto& half : none) half.effective = 0;
    require(set_capabilities(none));
  }
  ~WithoutCapabilities() { set_capabilities(before_); }  // permitted still, so it cannot fail
  WithoutCapabilities(const WithoutCapabilities&) = delete;
  WithoutCapabilities& operator=(const WithoutCapabilities&) = delete;

 private:
  Sets before_;
};

}  // namespace

std::string lacks_for_bpf() {
  if (geteuid() == 0) return "";
  const Sets sets = our_capabilities();
  if (effective(sets, CAP_SYS_ADMIN)) return "";
  const bool bpf = effective(sets, CAP_BPF), perfmon = effective(sets, CAP_PERFMON);
  if (bpf && perfmon) return "";
  return bpf ? "CAP_PERFMON" : perfmon ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
}

void drop_capabilities() {
  if (geteuid() == 0) return;
  Sets sets = our_capabilities();
  bool any = false;
  for (auto& half : sets) {
    any = any || half.permitted;
    half.effective = half.permitted = 0;
  }
  if (!any) return;
  require(set_capabilities(sets));
  prctl(PR_SET_DUMPABLE, 1);  // which a program with capabilities of its own is not
}

void require_own_process(pid_t pid) {
  if (geteuid() == 0) return;
  const WithoutCapabilities as_user;
  // proc(5): permission is that of PTRACE_MODE_READ. Nothing is read.
  const Fd memory(open(fmt::format("/proc/{}/auxv", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (memory) return;
  if (errno == ENOENT || errno == ESRCH)
    throw Failure(fmt::format("cannot trace process {}", pid), "no such process",
                  "ps lists those that run");
  throw Failure(fmt::format("cannot trace process {}", pid),
                "it belongs to another user, or has rights that you have not",
                "run shmpath as root (sudo)");
}

}  // namespace shmpath
