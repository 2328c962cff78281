// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_by_path.h"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "tracer/failure.h"
#include "tracer/kernels_prepare.h"
#include "tracer/kernels_store.h"
#include "tracer/kernels_text.h"
#include "tracer/signals.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

void end_if_asked() {
  if (stops_asked()) throw Failure("preparing a kernel", "interrupted", "", 128 + last_stop());
}

Failure cannot_boot(const std::string& path, const std::string& reason) {
  return {"cannot boot kernel " + path, reason,
          "give the path of a vmlinuz for x86-64, or one of " + series_names()};
}

ImageHeader read_header(const std::string& path) {
  std::error_code error;
  fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw cannot_boot(path, "no such file");
  if (!fs::is_regular_file(status)) throw cannot_boot(path, "it is no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw cannot_boot(path, "it cannot be read");
  std::string bytes(image_header_bytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  auto header = parse_image_header(bytes);
  if (!header) throw cannot_boot(path, "it is no bzImage");
  if (fs::file_size(path) < header->least_bytes)
    throw cannot_boot(path, fmt::format("it is cut off: {} of {} bytes", fs::file_size(path),
                                        header->least_bytes));
  return *header;
}

// The folder that holds modules/<release>.
fs::path find_lib(const fs::path& image, const std::string& release) {
  fs::path folder = image.parent_path();
  const std::array<fs::path, 6> places{folder,
                                       folder / "lib",
                                       folder.parent_path() / "lib",
                                       folder / ".." / "..",
                                       folder.parent_path() / "usr" / "lib",
                                       "/lib"};
  std::error_code error;
  for (const fs::path& place : places)
    if (fs::is_directory(place / "modules" / release, error)) return fs::canonical(place);
  throw Failure(fmt::format("cannot boot kernel {}", image.string()),
                fmt::format("its modules are not found: modules/{} in {} or in ../lib, nor {}",
                            release, folder.string(), "/lib/modules/" + release),
                "put them there, or give another kernel");
}

// One folder for one image with its modules as they are now: what was made for others stays good.
fs::path place_for(const fs::path& image, const fs::path& lib, const std::string& release) {
  auto stamp = [](const fs::path& file) {
    std::error_code none;
    return fmt::format("{} {} {} ", file.string(), fs::file_size(file, none),
                       fs::last_write_time(file, none).time_since_epoch().count());
  };
  fs::path modules = lib / "modules" / release;
  std::string facts = stamp(image) + stamp(modules / "modules.dep") + stamp(modules);
  return prepared_folder() / fmt::format("{}-{:016x}", release, std::hash<std::string>{}(facts));
}

// The tree without what leads out of it (`build` and `source` lead to the kernel's sources).
void copy_modules(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (fs::recursive_directory_iterator entry(from), end; entry != end; ++entry) {
    end_if_asked();
    fs::path place = to / entry->path().lexically_relative(from);
    if (entry->is_symlink()) continue;
    if (entry->is_directory()) fs::create_directories(place);
    if (entry->is_regular_file()) fs::copy_file(entry->path(), place);
  }
}

void prepare(const fs::path& image, const fs::path& lib, const std::string& release,
             const fs::path& place) {
  fmt::print(stderr, "preparing kernel {} for booting\n", release);
  WorkFolder work;
  fs::path made = work.path() / "kernel";
  fs::create_directory(made);
  Manifest manifest{release, "path", image.string(), 0, 0, {}};
  fs::path modules = fs::path("modules") / release;
  bool listed = fs::exists(lib / modules / "modules.dep");
  if (!listed) {
    copy_modules(lib / modules, made / "lib" / modules);
    make_modules_dep(made, release, end_if_asked);
    manifest.files.push_back({"lib" / modules / "modules.dep", "", 0});
  }
  unpack_boot_modules(listed ? lib : made / "lib", made, manifest, end_if_asked);
  put_into_place(made, manifest, place);
}

}  // namespace

GuestKernel kernel_by_path(const std::string& path) {
  ImageHeader header = read_header(path);
  fs::path image = fs::canonical(path), lib = find_lib(image, header.release);
  fs::path place = place_for(image, lib, header.release);
  try {
    if (!stored_kernel(place).broken.empty()) {
      StopSignals stops;
      CacheLock lock(end_if_asked);
      if (!stored_kernel(place).broken.empty()) prepare(image, lib, header.release, place);
    }
  } catch (const fs::filesystem_error& error) {
    throw Failure("cannot prepare kernel " + header.release, error.what(),
                  "check the disk, or set SHMPATH_CACHE to another folder");
  }
  GuestKernel kernel = guest_kernel(stored_kernel(place));
  kernel.image = image;
  if (!fs::exists(kernel.lib)) kernel.lib = lib;
  return kernel;
}

}  // namespace shmpath
