// SPDX-License-Identifier: BSD-2-Clause
//
// Scaffolding until the kernel store is there: kernels that $SHMPATH_DEV_KERNELS/<release>/ holds,
// each with vmlinuz, lib/modules/<release>/ and boot/NN.ko.
#include "tracer/kernels.h"

#include <algorithm>
#include <cstdlib>

#include "tracer/failure.h"

namespace shmpath {
namespace fs = std::filesystem;

GuestKernel find_kernel(const std::string& asked) {
  const char* store = getenv("SHMPATH_DEV_KERNELS");
  std::string version = asked.empty() ? "6.12" : asked;
  if (store)
    for (const auto& entry : fs::directory_iterator(store)) {
      GuestKernel kernel{
          entry.path().filename(), entry.path() / "vmlinuz", entry.path() / "lib", {}};
      if (!kernel.release.starts_with(version + ".")) continue;
      for (const auto& module : fs::directory_iterator(entry.path() / "boot"))
        kernel.boot_modules.push_back(module.path());
      std::sort(kernel.boot_modules.begin(), kernel.boot_modules.end());
      return kernel;
    }
  throw Failure("kernel " + version, "not in $SHMPATH_DEV_KERNELS", "set it");
}

VmReady vm_ready(const std::string& asked) {
  try {
    find_kernel(asked);
    return {true, ""};
  } catch (const Failure& failure) {
    return {false, failure.what()};
  }
}

}  // namespace shmpath
