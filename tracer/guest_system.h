// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace shmpath {

// Inside the VM, once the host's files are the root: mounts what every system has fresh (/proc,
// /dev, /run, tracefs and so on) and the kernel's own modules, and brings up the loopback network.
// What a kernel lacks is left out; throws Failure for what nothing works without.
// `grading`: small and closed, for programs that are hostile: what there is to fill is limited,
// what is root's is closed to others, and there are no modules and no network.
void set_up_guest(bool grading);

}  // namespace shmpath
