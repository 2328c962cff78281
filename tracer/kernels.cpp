// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels.h"

#include <fmt/format.h>

#include "tracer/elf.h"
#include "tracer/failure.h"
#include "tracer/identity.h"
#include "tracer/kernels_by_path.h"
#include "tracer/kernels_fetch.h"
#include "tracer/kernels_text.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace {

constexpr KernelSeries all_series[] = {
    {"5.10", "Debian 11", "linux-image-amd64", "bullseye", "bullseye-security"},
    {"6.1", "Debian 12", "linux-image-amd64", "bookworm", "bookworm-security"},
    {"6.12", "Debian 12", "linux-image-6.12-amd64", "", "bookworm-security"},
    {"newest", "Debian unstable", "linux-image-amd64", "unstable", ""},
};
constexpr std::string_view newest_fixed = "6.12";  // a later version can only be in `newest`

Failure no_such_kernel(const std::string& asked) {
  return {fmt::format("no kernel `{}`", asked), "there are " + series_names(),
          "give one of these, or the path of a vmlinuz with a slash in it"};
}

bool is_path(const std::string& asked) { return asked.find('/') != std::string::npos; }

// Which series, and which version of it ("" for any).
struct Wanted {
  const KernelSeries* series;
  std::string version;
};

Wanted understand(const std::string& asked) {
  std::string name = asked.empty() ? std::string(default_series) : asked;
  for (const KernelSeries& series : all_series)
    if (name == series.name) return {&series, ""};
  if (!is_release(name) || name.find('.') == std::string::npos) throw no_such_kernel(asked);
  for (const KernelSeries& series : all_series)
    if (version_matches(series.name, name)) return {&series, name};
  if (version_older(name, newest_fixed)) throw no_such_kernel(asked);
  return {&all_series[std::size(all_series) - 1], name};
}

std::string missing_packages() {
  std::string packages;
  for (const VmProgram& program : vm_programs())
    if (!program.there) packages += " " + std::string(program.package);
  return packages;
}

// Only where no whole kernel of the series is there.
std::string why_not_fetched(const KernelSeries& series) {
  for (const auto& folder : fetched_kernels()) {
    StoredKernel kernel = stored_kernel(folder);
    if (kernel.manifest.series == series.name && !kernel.broken.empty())
      return fmt::format("is broken ({})", kernel.broken);
  }
  return "is not fetched";
}

void need_packages() {
  for (const auto& [program, package] : {std::pair("depmod", "kmod"), std::pair("xz", "xz-utils")})
    if (!find_program(program))
      throw Failure(fmt::format("cannot prepare a kernel without {}", program),
                    "it is not installed",
                    fmt::format("type: apt-get install --no-install-recommends {}", package));
}

}  // namespace

std::span<const KernelSeries> kernel_series() { return all_series; }

std::string series_names() {
  std::string names;
  for (const KernelSeries& series : all_series)
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", series.name, series.origin);
  return names;
}

GuestKernel find_kernel(const std::string& asked) {
  if (is_path(asked)) return kernel_by_path(asked);
  Wanted wanted = understand(asked);
  if (auto kernel = fetched_kernel(*wanted.series, wanted.version)) return guest_kernel(*kernel);
  need_packages();
  return guest_kernel(fetch_series(*wanted.series, wanted.version, true));
}

GuestKernel fetch_kernel(const std::string& asked) {
  if (is_path(asked)) throw no_such_kernel(asked);
  Wanted wanted = understand(asked);
  need_packages();
  return guest_kernel(fetch_series(*wanted.series, wanted.version, false));
}

std::vector<VmProgram> vm_programs() {
  auto there = [](const char* program) { return find_program(program).has_value(); };
  const auto busybox = find_program("busybox");
  return {{"qemu-system-x86_64", "qemu-system-x86", there("qemu-system-x86_64")},
          {"busybox", "busybox-static", busybox && is_static_program(*busybox)},
          {"depmod", "kmod", there("depmod")},
          {"xz", "xz-utils", there("xz")},
          {"zstd", "zstd", there("zstd")}};
}

VmReady vm_ready(const std::string& asked) {
  std::string packages = missing_packages();
  if (!packages.empty())
    return {false, fmt::format("not installed:{}; type: apt-get install --no-install-recommends{}",
                               packages, packages)};
  try {
    const AsInvokingUser rights;
    if (is_path(asked)) {
      kernel_by_path(asked);
      return {true, ""};
    }
    Wanted wanted = understand(asked);
    if (fetched_kernel(*wanted.series, wanted.version)) return {true, ""};
    std::string name = wanted.version.empty() ? std::string(wanted.series->name) : wanted.version;
    std::string reason = why_not_fetched(*wanted.series);
    return {false, fmt::format("kernel {} {}; type: shmpath vm fetch {}", name, reason, name)};
  } catch (const Failure& failure) {
    return {false, failure.what()};
  }
}

}  // namespace shmpath
