// SPDX-License-Identifier: BSD-2-Clause
//
// The cache folder of kernels. A kernel is there as a whole or not at all: it is made in a folder
// of its own, gets a manifest, and is renamed into place last. Whoever uses one checks it against
// its manifest first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/kernels.h"

namespace shmpath {

// A file of a stored kernel, by its path in the kernel's folder.
struct StoredFile {
  std::string name, sha256;
  std::uint64_t bytes = 0;
};

struct Manifest {
  std::string release{}, series{}, version{};  // the version of the package
  std::uint64_t tree_files = 0, tree_bytes = 0;
  std::vector<StoredFile> files{};  // the image, modules.dep, and boot/ in loading order
};
std::string manifest_text(const Manifest& manifest);
// Nothing when the text is not all of a manifest.
std::optional<Manifest> parse_manifest(std::string_view text);

struct StoredKernel {
  std::filesystem::path folder;
  Manifest manifest;   // when broken, only the release is certain
  std::string broken;  // why it cannot be used, or ""
};

// $SHMPATH_CACHE, else $XDG_CACHE_HOME/shmpath, else ~/.cache/shmpath; it need not exist yet.
std::filesystem::path cache_folder();
// Where fetched kernels are, and what was made for those given by path.
std::filesystem::path fetched_folder();
std::filesystem::path prepared_folder();

// Nothing when there is none, or it is damaged.
std::optional<Manifest> read_manifest(const std::filesystem::path& folder);
// The kernel in this folder, its files checked against its manifest.
StoredKernel stored_kernel(const std::filesystem::path& folder);
// The folders of all that were fetched, the oldest release first. Nothing is checked.
std::vector<std::filesystem::path> fetched_kernels();
GuestKernel guest_kernel(const StoredKernel& kernel);

// Held by the one process that changes the cache. Waits for another's to be given back, and says
// so; `waiting` is called now and then and may throw.
class CacheLock {
 public:
  explicit CacheLock(const std::function<void()>& waiting);
  ~CacheLock();
  CacheLock(const CacheLock&) = delete;
  CacheLock& operator=(const CacheLock&) = delete;

 private:
  int fd_;
};

// A folder inside the cache to make a kernel in; gone when this is. What a killed process left is
// removed first. Only under the lock.
class WorkFolder {
 public:
  WorkFolder();
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Throws Failure unless the cache folder has room for that many bytes.
void need_room(const std::string& thing, std::uint64_t bytes);
// After a failure: throws one that says so when the disk has run full, by whomever.
void fail_if_full(const std::string& thing, std::uint64_t needed_bytes);

// Writes the manifest of the kernel made in `made`, and puts it where it belongs, in place of what
// is there.
void put_into_place(const std::filesystem::path& made, Manifest manifest,
                    const std::filesystem::path& place);

}  // namespace shmpath
