// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/command_kernels.h"

#include <fmt/format.h>

#include "tracer/failure.h"
#include "tracer/kernels.h"
#include "tracer/kernels_store.h"

namespace shmpath {
namespace {

std::uint64_t bytes_of(const Manifest& manifest) {
  std::uint64_t bytes = manifest.tree_bytes;
  for (const StoredFile& file : manifest.files)
    if (!file.name.starts_with("lib/")) bytes += file.bytes;  // those are in the tree
  return bytes;
}

void print_row(std::string_view name, std::string_view release, const std::string& state) {
  fmt::print("{:<22} {:<22} {}\n", name, release, state);
}

std::string state_of(const StoredKernel& kernel) {
  if (!kernel.broken.empty()) return "broken: " + kernel.broken;
  return fmt::format("fetched, {} MB", bytes_of(kernel.manifest) / 1'000'000);
}

}  // namespace

int fetch_kernels(const Options& options) {
  std::vector<std::string> names = options.words;
  if (names.empty()) names.emplace_back(default_series);
  for (const std::string& name : names) {
    if (name.empty())
      throw Failure("no kernel ``", "the name is empty", "shmpath vm list shows the names");
    GuestKernel kernel = fetch_kernel(name);
    fmt::print("kernel {} is in {}\n", kernel.release, kernel.image.parent_path().string());
  }
  return 0;
}

int list_kernels(const Options& /*options*/) {
  std::vector<StoredKernel> kernels;
  for (const auto& folder : fetched_kernels()) kernels.push_back(stored_kernel(folder));
  print_row("KERNEL", "RELEASE", "STATE");
  for (const KernelSeries& series : kernel_series()) {
    auto newest = kernels.end();
    for (auto kernel = kernels.begin(); kernel != kernels.end(); ++kernel)
      if (kernel->manifest.series == series.name) newest = kernel;
    bool there = newest != kernels.end();
    std::string state = there ? state_of(*newest) : "not fetched";
    state += fmt::format("; {}", series.origin);
    if (series.name == default_series) state += "; the default";
    print_row(series.name, there ? newest->manifest.release : "-", state);
    if (there) kernels.erase(newest);
  }
  for (const StoredKernel& kernel : kernels)
    print_row(kernel.manifest.release, kernel.manifest.release, state_of(kernel));
  fmt::print("\nkept in {}\n", fetched_folder().string());
  return 0;
}

}  // namespace shmpath
