// SPDX-License-Identifier: BSD-2-Clause
//
// The root of the VM's grading profile, in which strangers' programs are built and run. It is made
// of nothing but what is listed here: a folder that is not, root in the guest cannot see either.
#pragma once

#include <filesystem>
#include <vector>

#include "tracer/cpio.h"
#include "tracer/qemu.h"

namespace shmpath {

// Where the guest has a copy of this program, with the labs' flow files beside it.
inline constexpr const char* grading_program = "/shmpath/bin/shmpath";

// The folders with the tools to build with, below this root of a host. Throws Failure where /bin
// and the like are folders of their own: there, what a compiler needs is not in one place.
std::vector<GuestShare> grading_shares(const std::filesystem::path& root);

// Throws Failure when that folder lies in a share: what a submission must not see is not to be
// there.
void refuse_shared(const std::vector<GuestShare>& shares, const std::filesystem::path& folder);

// Adds the rest of that root to the archive, in its folder prepared/, and the list of the shares.
// Throws Failure when a file cannot be read.
void add_grading_root(CpioArchive& archive, const std::vector<GuestShare>& shares);

}  // namespace shmpath
