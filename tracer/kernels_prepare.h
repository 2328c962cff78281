// SPDX-License-Identifier: BSD-2-Clause
//
// What a kernel needs before it can be booted: modules.dep, and its boot modules unpacked.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "tracer/kernels_store.h"

namespace shmpath {

// Makes modules.dep for the modules below `folder`/lib/modules/`release`.
void make_modules_dep(const std::filesystem::path& folder, const std::string& release,
                      const std::function<void()>& tick);

// Unpacks the boot modules, which are those that the guest's first program loads to reach its root
// file system and its console, from `lib`/modules into `folder`/boot, and adds them to the
// manifest. Throws Failure when the kernel has not got one.
void unpack_boot_modules(const std::filesystem::path& lib, const std::filesystem::path& folder,
                         Manifest& manifest, const std::function<void()>& tick);

}  // namespace shmpath
