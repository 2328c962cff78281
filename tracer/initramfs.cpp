// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/initramfs.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "tracer/cpio.h"
#include "tracer/elf.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/grading_root.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

constexpr std::string_view init_script =
#include "guest_init.inc"
    ;

std::string contents_of(const std::filesystem::path& file) {
  auto bytes = read_file(file);
  if (!bytes)
    throw Failure("cannot read " + file.string(), strerror(errno), "check its permissions");
  return *std::move(bytes);
}

// A shared library would not be there yet.
std::string static_busybox() {
  try {
    const std::string file = resolve_command("busybox");
    if (is_static_program(file)) return contents_of(file);
  } catch (const Failure&) {  // said below
  }
  throw Failure("cannot boot a VM", "no busybox that is a static program",
                "type: sudo apt-get install busybox-static");
}

Fd file_in_memory(const std::string& bytes) {
  Fd fd(memfd_create("shmpath-initramfs", MFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::generic_category(), "memfd_create");
  for (std::size_t put = 0; put < bytes.size();) {
    const ssize_t more = write(fd.get(), bytes.data() + put, bytes.size() - put);
    if (more < 0) throw std::system_error(errno, std::generic_category(), "write to a memfd");
    put += static_cast<std::size_t>(more);
  }
  return fd;
}

}  // namespace

Fd make_initramfs(const BootPlan& plan, const GuestRequest& request) {
  CpioArchive archive;
  for (const char* folder : {"bin", "modules", "host", "layer", "new"}) archive.add_folder(folder);
  archive.add_file("bin/busybox", static_busybox(), 0755);
  archive.add_file("init", init_script, 0755);
  int number = 0;
  for (const auto& module : plan.kernel.boot_modules)
    archive.add_file(fmt::format("modules/{:02}.ko", number++), contents_of(module), 0644);
  if (plan.grading()) add_grading_root(archive, plan.grading_shares);
  archive.add_file("agent", plan.agent.string() + "\n", 0644);
  archive.add_file("request", encode_request(request), 0600);
  return file_in_memory(archive.finish());
}

}  // namespace shmpath
