// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_fetch.h"

#include <fmt/format.h>
#include <algorithm>

#include "tracer/failure.h"
#include "tracer/kernels_apt.h"
#include "tracer/kernels_prepare.h"
#include "tracer/kernels_text.h"
#include "tracer/progress.h"
#include "tracer/signals.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

void end_if_asked() {
  if (stops_asked())
    throw Failure("fetching a kernel", "interrupted, nothing is left of it", "", 128 + last_stop());
}

bool has_version(const std::string& asked, const std::string& release, const std::string& version) {
  return asked.empty() || version_matches(asked, release) || version_matches(asked, version);
}

// Puts the parts of the unpacked packages where the store has them.
void arrange(const fs::path& from, const fs::path& to, const std::string& release,
             const std::string& thing) {
  fs::path modules = from / "lib" / "modules" / release;
  if (!fs::exists(modules)) modules = from / "usr" / "lib" / "modules" / release;
  fs::path image = from / "boot" / ("vmlinuz-" + release);
  if (!fs::exists(image)) image = modules / "vmlinuz";
  if (!fs::exists(image) || !fs::exists(modules / "kernel"))
    throw Failure(thing, "its packages have no image or no modules where they are looked for",
                  "give a kernel of your own with --kernel PATH");
  fs::create_directories(to / "lib" / "modules");
  fs::rename(image, to / "vmlinuz");
  fs::rename(modules, to / "lib" / "modules" / release);
}

// Downloads, unpacks and prepares the kernel in `work`; returns its manifest.
Manifest make_kernel(const Apt& apt, const KernelSeries& series, const KernelPackages& packages,
                     const fs::path& work, Progress& progress) {
  std::string thing = fmt::format("cannot fetch kernel {}", series.name);
  fs::path debs = work / "packages", unpacked = work / "unpacked", made = work / "kernel";
  for (const fs::path& folder : {debs, unpacked, made}) fs::create_directory(folder);
  progress.begin("fetching kernel " + packages.release, packages.download_bytes);
  apt.download(packages, debs, [&](std::uint64_t bytes) { progress.at(bytes); });
  progress.begin("unpacking kernel " + packages.release);
  for (const fs::directory_entry& entry : fs::directory_iterator(debs))
    if (entry.path().extension() == ".deb") apt.unpack(entry.path(), unpacked);
  fs::remove_all(debs);
  arrange(unpacked, made, packages.release, thing);
  progress.begin("preparing kernel " + packages.release);
  make_modules_dep(made, packages.release, end_if_asked);
  Manifest manifest{packages.release, std::string(series.name), packages.version, 0, 0, {}};
  manifest.files = {{"vmlinuz", "", 0},
                    {fmt::format("lib/modules/{}/modules.dep", packages.release), "", 0}};
  unpack_boot_modules(made / "lib", made, manifest, end_if_asked);
  return manifest;
}

StoredKernel fetch_locked(const KernelSeries& series, const std::string& asked,
                          const fs::path& work, std::uint64_t& bytes_needed) {
  std::string thing = fmt::format("cannot fetch kernel {}", series.name);
  Progress progress;
  need_room(thing, bytes_needed);
  progress.begin(fmt::format("asking the mirror for kernel {}", series.name));
  Apt apt(series, work / "apt", end_if_asked);
  apt.update();
  KernelPackages packages = apt.newest();
  if (!has_version(asked, packages.release, packages.version))
    throw Failure(fmt::format("no kernel `{}`", asked),
                  fmt::format("the mirror has {} ({})", packages.release, packages.version),
                  "there are " + series_names());
  fs::path place = fetched_folder() / packages.release;
  if (fs::exists(place)) {
    StoredKernel there = stored_kernel(place);
    if (there.broken.empty()) return there;
    progress.begin(fmt::format("kernel {} is broken: {}", packages.release, there.broken));
  }
  bytes_needed = packages.download_bytes + packages.installed_bytes;
  need_room(thing, bytes_needed);
  Manifest manifest = make_kernel(apt, series, packages, work, progress);
  end_if_asked();
  put_into_place(work / "kernel", manifest, place);
  return stored_kernel(place);
}

}  // namespace

std::optional<StoredKernel> fetched_kernel(const KernelSeries& series, const std::string& asked) {
  std::vector<fs::path> folders = fetched_kernels();
  std::reverse(folders.begin(), folders.end());  // the newest first
  for (const fs::path& folder : folders) {
    auto manifest = read_manifest(folder);
    if (!manifest || manifest->series != series.name ||
        !has_version(asked, manifest->release, manifest->version))
      continue;
    if (StoredKernel kernel = stored_kernel(folder); kernel.broken.empty()) return kernel;
  }
  return std::nullopt;
}

StoredKernel fetch_series(const KernelSeries& series, const std::string& asked, bool any) {
  StopSignals stops;
  CacheLock lock(end_if_asked);
  if (any)
    if (auto kernel = fetched_kernel(series, asked)) return *kernel;
  std::uint64_t bytes_needed = 150'000'000;  // the largest suite's lists with apt's cache of them
  WorkFolder work;
  std::string thing = fmt::format("cannot fetch kernel {}", series.name);
  try {
    return fetch_locked(series, asked, work.path(), bytes_needed);
  } catch (const fs::filesystem_error& error) {
    fail_if_full(thing, bytes_needed);
    throw Failure(thing, error.what(), "check the disk, or set SHMPATH_CACHE to another folder");
  } catch (const Failure&) {
    fail_if_full(thing, bytes_needed);
    throw;
  }
}

}  // namespace shmpath
