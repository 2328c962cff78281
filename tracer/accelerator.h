// SPDX-License-Identifier: BSD-2-Clause
//
// Whether QEMU is to use KVM. /dev/kvm being there does not mean that a guest boots with it (a
// machine that is a VM itself may have one that hangs), so it is tried, once a machine and kernel.
#pragma once

namespace shmpath {

enum class KvmWish {
  never,  // SHMPATH_VM_ACCEL=tcg, no /dev/kvm for us, or it was tried and did not work
  trial,  // not tried yet
  known,  // it has worked
  only    // SHMPATH_VM_ACCEL=kvm
};

// Throws Failure for a SHMPATH_VM_ACCEL that means nothing.
KvmWish kvm_wish();
// In the cache folder; where that cannot be written, the next time is a trial again.
void remember_kvm(bool works);

}  // namespace shmpath
