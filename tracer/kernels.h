// SPDX-License-Identifier: BSD-2-Clause
//
// The kernels that a VM can boot.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shmpath {
// A kernel to boot: the image, its modules, and what must be loaded before the root file system is
// there.
struct GuestKernel {
  std::string release;          // "6.12.117+deb12-amd64", as uname -r says
  std::filesystem::path image;  // vmlinuz
  std::filesystem::path lib;    // folder that holds modules/<release>/, with modules.dep
  std::vector<std::filesystem::path>
      boot_modules;  // for the initramfs, uncompressed .ko files, in loading order
};
// `asked`: "" (the default, 6.12), "6.1", "newest", or the path of a vmlinuz. Fetches it when it is
// not there, showing progress on standard error. Throws Failure.
GuestKernel find_kernel(const std::string& asked);
// Whether a QEMU and the kernel are there already, so that booting needs no fetch; else the reason
// in one sentence.
struct VmReady {
  bool ready;
  std::string why_not;
};
VmReady vm_ready(const std::string& asked);
}  // namespace shmpath
