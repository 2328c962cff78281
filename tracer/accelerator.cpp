// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/accelerator.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/identity.h"
#include "tracer/kernels_store.h"

namespace shmpath {
namespace {

std::filesystem::path memory_file() { return cache_folder() / "kvm"; }

// What holds for one kernel of the host need not hold for the next.
std::string remembered_as(bool works) {
  utsname host{};
  uname(&host);
  return std::string(host.release) + (works ? " works\n" : " fails\n");
}

}  // namespace

KvmWish kvm_wish() {
  const char* asked = getenv("SHMPATH_VM_ACCEL");
  const std::string accelerator = asked ? asked : "";
  if (accelerator == "tcg") return KvmWish::never;
  if (accelerator == "kvm") return KvmWish::only;
  if (!accelerator.empty())
    throw Failure("SHMPATH_VM_ACCEL=" + accelerator, "no such accelerator", "give kvm or tcg");
  if (access("/dev/kvm", R_OK | W_OK)) return KvmWish::never;
  const std::string remembered = read_file(memory_file()).value_or("");
  if (remembered == remembered_as(true)) return KvmWish::known;
  return remembered == remembered_as(false) ? KvmWish::never : KvmWish::trial;
}

void remember_kvm(bool works) {
  const AsInvokingUser rights;
  std::error_code no_folder;  // then the file cannot be written either
  std::filesystem::create_directories(memory_file().parent_path(), no_folder);
  std::ofstream(memory_file()) << remembered_as(works);
}

}  // namespace shmpath
