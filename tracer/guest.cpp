// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "tracer/accelerator.h"
#include "tracer/identity.h"
#include "tracer/initramfs.h"
#include "tracer/signals.h"

namespace shmpath {
namespace {

using namespace std::chrono_literals;

constexpr auto boot_time = 120s;      // 3 to 6 on a quiet machine without KVM
constexpr auto kvm_trial_time = 10s;  // a guest needs 2 where KVM works at all

// A VM under KVM whose agent is there; none when KVM is not to be used or does not work.
std::unique_ptr<GuestSession> boot_with_kvm(const BootPlan& plan, int initramfs) {
  const KvmWish wish = kvm_wish();
  if (wish == KvmWish::never) return nullptr;
  const auto limit = wish == KvmWish::trial ? kvm_trial_time : boot_time;
  auto session = std::make_unique<GuestSession>(plan, initramfs, Accelerator::kvm);
  const bool works = session->wait_for_agent(limit);
  if (!works && wish == KvmWish::only) session->give_up_boot(limit);
  if (wish != KvmWish::known) remember_kvm(works);
  if (works) return session;
  fmt::print(stderr,
             "shmpath: the VM does not boot with KVM here: going on without, which is "
             "slower (SHMPATH_VM_ACCEL=kvm tries it again)\n");
  return nullptr;
}

std::unique_ptr<GuestSession> boot(const BootPlan& plan, int initramfs) {
  if (auto session = boot_with_kvm(plan, initramfs)) return session;
  auto session = std::make_unique<GuestSession>(plan, initramfs, Accelerator::tcg);
  if (!session->wait_for_agent(boot_time)) session->give_up_boot(boot_time);
  return session;
}

}  // namespace

int run_guest(const BootPlan& plan, const GuestRequest& request, const GuestFiles& files,
              std::chrono::seconds at_most) {
  StopSignals signals;
  const Fd initramfs = [&] {
    const AsInvokingUser rights;
    return make_initramfs(plan, request);
  }();
  auto session = boot(plan, initramfs.get());
  return session->serve({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, files.trace, files.record},
                        at_most);
}

}  // namespace shmpath
