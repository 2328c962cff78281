// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "tracer/failure.h"
#include "tracer/fd.h"
#include "tracer/place.h"
#include "tracer/subprocess.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

// In the VM's /run, which is a tmpfs: only what is written of the image takes memory.
constexpr const char* image = "/run/shmpath-disk.img";
constexpr const char* folder = "/run/shmpath-disk";
constexpr off_t image_bytes = off_t{64} << 20;

[[noreturn]] void fail(const std::string& thing) { throw Failure(thing, strerror(errno), ""); }

void make_image() {
  const Fd fd(open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd || ftruncate(fd.get(), image_bytes)) fail(fmt::format("cannot make {}", image));
}

// The image reads as zeros already, so neither the journal nor the inode tables need to be written,
// now or by a kernel thread later.
void format_image(const std::string& type) {
  run_or_fail("cannot make a file system",
              {.words = {"mkfs." + type, "-q", "-F", "-b", "4096", "-N", "256", "-m", "0", "-E",
                         "nodiscard,lazy_itable_init=0,lazy_journal_init=1", image}},
              "");
}

}  // namespace

LabDisk::LabDisk(const Flow& flow) {
  if (!in_guest() || flow.disk.empty()) return;
  folder_before_ = std::filesystem::current_path();
  try {
    make(flow.disk);
  } catch (const Failure& failure) {
    fmt::print(stderr, "shmpath: no {} for lab {}: {}\n", flow.disk, flow.id(), failure.what());
  }
}

void LabDisk::make(const std::string& type) {
  if (!find_program("mkfs." + type))
    throw Failure("cannot run mkfs." + type, "it is not installed", "install e2fsprogs");
  // A kernel may have either built in, so what modprobe says is not asked: mount will tell.
  for (const std::string& module : {std::string("loop"), type})
    run_program({.words = {"modprobe", module}});
  make_image();
  format_image(type);
  if (mkdir(folder, 0755) && errno != EEXIST) fail(fmt::format("cannot make {}", folder));
  run_or_fail("cannot mount it", {.words = {"mount", "-t", type, "-o", "loop", image, folder}});
  mounted_ = true;
  const Identity who = invoking_user();
  if (chown(folder, who.uid, who.gid) || chdir(folder)) fail(fmt::format("cannot use {}", folder));
}

LabDisk::~LabDisk() {
  if (folder_before_.empty()) return;
  // Nothing depends on these: the VM is thrown away, and the next disk is another image.
  [[maybe_unused]] int back = chdir(folder_before_.c_str());
  if (mounted_) umount2(folder, MNT_DETACH);
  unlink(image);
}

}  // namespace shmpath
