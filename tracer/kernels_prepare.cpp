// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_prepare.h"

#include <fmt/format.h>

#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/kernels_text.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

// The root over 9p on virtio, a writable layer over it, and the console that the output goes to.
const std::vector<std::string> boot_module_names{"virtio_pci", "9pnet_virtio", "9p", "overlay",
                                                 "virtio_console"};

void unpack_module(const fs::path& from, const fs::path& to, const std::string& thing,
                   const std::function<void()>& tick) {
  std::string ending = from.extension();
  std::string program = ending == ".xz" ? "xz" : ending == ".zst" ? "zstd" : "gzip";
  if (ending == ".ko") {
    std::error_code error;
    fs::copy_file(from, to, error);
    if (error) throw Failure("cannot copy " + from.string(), error.message(), "");
    return;
  }
  run_or_fail(
      thing,
      {.words = {program, "-dc", "--", from}, .folder = "", .output_file = to, .tick = tick});
}

}  // namespace

void make_modules_dep(const fs::path& folder, const std::string& release,
                      const std::function<void()>& tick) {
  // A depmod that was built for merged /usr looks in usr/lib instead of lib.
  fs::path usr = folder / "usr";
  std::error_code error;
  fs::create_directory_symlink(".", usr, error);
  run_or_fail(
      "cannot list the modules of kernel " + release,
      {.words = {"depmod", "-b", folder, release}, .folder = "", .output_file = "", .tick = tick});
  fs::remove(usr, error);
}

void unpack_boot_modules(const fs::path& lib, const fs::path& folder, Manifest& manifest,
                         const std::function<void()>& tick) {
  std::string thing = "cannot prepare kernel " + manifest.release;
  fs::path modules = lib / "modules" / manifest.release;
  auto dep = read_file(modules / "modules.dep");
  auto builtin = read_file(modules / "modules.builtin");
  if (!dep) throw Failure(thing, (modules / "modules.dep").string() + " cannot be read", "");
  LoadOrder order = load_order(*dep, builtin.value_or(""), boot_module_names);
  if (builtin && !order.missing.empty())
    throw Failure(thing, "it has no module " + order.missing[0],
                  "take a kernel that has virtio, 9p and overlay, such as the default");
  std::error_code error;
  fs::create_directory(folder / "boot", error);
  int number = 0;
  for (const std::string& file : order.files) {
    std::string name = fs::path(file).filename();
    name = fmt::format("boot/{:02}-{}.ko", ++number, name.substr(0, name.find(".ko")));
    unpack_module(modules / file, folder / name, thing, tick);
    manifest.files.push_back({name, "", 0});
  }
}

}  // namespace shmpath
