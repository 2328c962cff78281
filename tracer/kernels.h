// SPDX-License-Identifier: BSD-2-Clause
//
// The kernels that the VM boots: found in the cache folder, fetched into it, or given by path.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

// A kernel to boot: the image, its modules, and what must be loaded before the root file system is
// there.
struct GuestKernel {
  std::string release;                              // "6.12.117+deb12-amd64", as uname -r says
  std::filesystem::path image;                      // vmlinuz
  std::filesystem::path lib;                        // holds modules/<release>/, with modules.dep
  std::vector<std::filesystem::path> boot_modules;  // for the initramfs, .ko files in loading order
};

// A kernel series of the distribution that can be asked for by name.
struct KernelSeries {
  std::string_view name;      // "6.12", as --kernel takes it
  std::string_view origin;    // for people: "Debian 12"
  std::string_view package;   // depends on the newest image of the series
  std::string_view main;      // suite of the main archive, or ""
  std::string_view security;  // suite of the security archive, or ""
};
std::span<const KernelSeries> kernel_series();
// For people: "5.10 (Debian 11), ...".
std::string series_names();
inline constexpr std::string_view default_series = "6.12";

// `asked`: "" (the default, 6.12), "6.1", "newest", "6.12.117", or the path of a vmlinuz, which has
// a slash in it. Fetches it when it is not there, showing progress on standard error. Throws
// Failure.
GuestKernel find_kernel(const std::string& asked);

// As find_kernel, but asks the mirror even when one of the series is there: it may have a newer.
GuestKernel fetch_kernel(const std::string& asked);

// What booting a VM takes beside a kernel: programs, by the package that has them. Whether
// they are there is looked for; of busybox it must be the static one.
struct VmProgram {
  std::string_view program, package;
  bool there;
};
std::vector<VmProgram> vm_programs();

// Whether a QEMU and the kernel are there already, so that booting needs no fetch; else the reason
// in one sentence.
struct VmReady {
  bool ready;
  std::string why_not;
};
VmReady vm_ready(const std::string& asked);

}  // namespace shmpath
