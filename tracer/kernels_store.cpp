// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/inherited.h"
#include "tracer/kernels_check.h"
#include "tracer/kernels_text.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

constexpr const char* manifest_name = "manifest";
constexpr std::string_view work_name = ".work-";
constexpr std::uint64_t megabyte = 1'000'000;
constexpr const char* more_room =
    "make room there, or set SHMPATH_CACHE to a folder on a larger disk";

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Failure("cannot create " + folder.string(), error.message(),
                  "set SHMPATH_CACHE to a folder that you can write to");
}

// Where it is on the disk before the name that says it is whole.
void write_manifest(const fs::path& folder, const Manifest& manifest) {
  fs::path file = folder / manifest_name;
  std::ofstream out(file);
  out << manifest_text(manifest) << std::flush;
  if (!out) throw Failure("cannot write " + file.string(), strerror(errno), "");
  int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  syncfs(fd);  // not being able to is no reason to stop: the manifest tells what is amiss
  close(fd);
}

}  // namespace

fs::path cache_folder() {
  // under sudo it is that person's, and made by him: HOME may be root's there, or not
  const auto environment = inherited_by(invoking_user()).environment;
  auto set = [&](const char* name) {
    const auto value = variable(environment, name);
    return value && !value->empty() ? std::optional<fs::path>(*value) : std::nullopt;
  };
  if (auto folder = set("SHMPATH_CACHE")) return fs::absolute(*folder);
  if (auto folder = set("XDG_CACHE_HOME")) return fs::absolute(*folder / "shmpath");
  if (auto folder = set("HOME")) return fs::absolute(*folder / ".cache" / "shmpath");
  throw Failure("cannot tell where to keep kernels", "HOME is not set",
                "set HOME, or SHMPATH_CACHE to a folder");
}

fs::path fetched_folder() { return cache_folder() / "kernels"; }
fs::path prepared_folder() { return cache_folder() / "kernels-by-path"; }

std::optional<Manifest> read_manifest(const fs::path& folder) {
  return parse_manifest(read_file(folder / manifest_name).value_or(""));
}

StoredKernel stored_kernel(const fs::path& folder) {
  StoredKernel kernel{folder, {}, ""};
  auto manifest = read_manifest(folder);
  kernel.manifest = manifest.value_or(Manifest{.release = folder.filename()});
  kernel.broken = manifest ? fault_of(folder, *manifest) : "its manifest is missing or damaged";
  return kernel;
}

std::vector<fs::path> fetched_kernels() {
  std::vector<fs::path> folders;
  std::error_code none;  // no cache folder yet: no kernels
  for (const fs::directory_entry& entry : fs::directory_iterator(fetched_folder(), none))
    if (is_release(entry.path().filename().string())) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end(), [](const fs::path& a, const fs::path& b) {
    return version_older(a.filename().string(), b.filename().string());
  });
  return folders;
}

GuestKernel guest_kernel(const StoredKernel& kernel) {
  GuestKernel guest{kernel.manifest.release, kernel.folder / "vmlinuz", kernel.folder / "lib", {}};
  for (const StoredFile& file : kernel.manifest.files)
    if (file.name.starts_with("boot/")) guest.boot_modules.push_back(kernel.folder / file.name);
  return guest;
}

CacheLock::CacheLock(const std::function<void()>& waiting) {
  make_folder(cache_folder());
  fs::path file = cache_folder() / "lock";
  fd_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0)
    throw Failure("cannot open " + file.string(), strerror(errno),
                  "set SHMPATH_CACHE to a folder that you can write to");
  bool told = false;
  while (flock(fd_, LOCK_EX | LOCK_NB)) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      int error = errno;
      close(fd_);
      throw Failure("cannot lock " + file.string(), strerror(error), "");
    }
    if (!told) fmt::print(stderr, "waiting for another shmpath that is fetching a kernel\n");
    told = true;
    timespec pause{0, 200'000'000};
    nanosleep(&pause, nullptr);
    try {
      waiting();
    } catch (...) {
      close(fd_);
      throw;
    }
  }
}

CacheLock::~CacheLock() { close(fd_); }

WorkFolder::WorkFolder() {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(cache_folder(), ignored))
    if (entry.path().filename().string().starts_with(work_name))
      fs::remove_all(entry.path(), ignored);
  std::string name = cache_folder() / (std::string(work_name) + "XXXXXX");
  if (!mkdtemp(name.data()))
    throw Failure("cannot create a folder in " + cache_folder().string(), strerror(errno),
                  "set SHMPATH_CACHE to a folder that you can write to");
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;  // what stays is removed by the next fetch
  fs::remove_all(path_, ignored);
}

void need_room(const std::string& thing, std::uint64_t bytes) {
  std::error_code error;
  fs::space_info space = fs::space(cache_folder(), error);
  if (error || space.available >= bytes) return;
  throw Failure(thing,
                fmt::format("{} has {} MB free and {} MB are needed", cache_folder().string(),
                            space.available / megabyte, bytes / megabyte + 1),
                more_room);
}

void fail_if_full(const std::string& thing, std::uint64_t needed_bytes) {
  constexpr std::uint64_t next_to_nothing = 4 * megabyte;
  std::error_code error;
  fs::space_info space = fs::space(cache_folder(), error);
  if (error || space.available >= next_to_nothing) return;
  throw Failure(thing,
                fmt::format("the disk of {} is full; {} MB are needed", cache_folder().string(),
                            needed_bytes / megabyte + 1),
                more_room);
}

void put_into_place(const fs::path& made, Manifest manifest, const fs::path& place) {
  add_facts(made, manifest);
  write_manifest(made, manifest);
  make_folder(place.parent_path());
  std::error_code error;
  fs::remove_all(place, error);
  fs::rename(made, place, error);
  if (error)
    throw Failure("cannot create " + place.string(), error.message(),
                  "set SHMPATH_CACHE to a folder that you can write to");
}

}  // namespace shmpath
