// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace shmpath {

// How many times slower this machine is, now, than one of ordinary speed: at computing or at
// starting programs, whichever is worse. From 1 to most_slowness. Takes about 50 ms on an ordinary
// one.
double measure_slowness();

}  // namespace shmpath
