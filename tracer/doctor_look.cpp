// SPDX-License-Identifier: BSD-2-Clause
//
// What the VM and the labs need, looked for.
#include <unistd.h>

#include <cstdlib>

#include "tracer/doctor_facts.h"
#include "tracer/failure.h"
#include "tracer/flow.h"
#include "tracer/kernels_store.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

// Of the folder, or of the one that it would be made in.
std::optional<std::uint64_t> free_bytes(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  const fs::space_info space = fs::space(folder, error);
  return error ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

void look_at_cache(VmFacts& vm) {
  try {
    vm.cache = cache_folder();
    vm.free_bytes = free_bytes(cache_folder());
    for (const fs::path& folder : fetched_kernels()) {
      const StoredKernel kernel = stored_kernel(folder);
      vm.kernels.push_back({kernel.manifest.series, kernel.manifest.release, kernel.broken});
    }
  } catch (const Failure& failure) {
    vm.cache.clear();
  }
}

void look_at_kvm(VmFacts& vm) {
  constexpr const char* device = "/dev/kvm";
  vm.kvm_there = access(device, F_OK) == 0;
  vm.kvm_ours = access(device, R_OK | W_OK) == 0;
  const char* asked = getenv("SHMPATH_VM_ACCEL");
  vm.kvm_asked = asked ? asked : "";
  try {
    vm.kvm = kvm_wish();
  } catch (const Failure& failure) {
    vm.kvm = std::nullopt;
  }
}

bool loadable(const std::string& load) {
  if (load.empty() || !find_program("modprobe")) return false;
  const std::size_t start = load.find(' ') + 1;
  const std::string module = load.substr(start, load.find(' ', start) - start);
  return run_program({.words = {"modprobe", "-n", "-q", module}}).status.as_shell() == 0;
}

}  // namespace

VmFacts look_at_vm() {
  VmFacts vm;
  look_at_kvm(vm);
  look_at_cache(vm);
  vm.programs = vm_programs();
  vm.mkfs = find_program("mkfs.ext4").has_value();
  vm.apt = find_program("apt-get") && find_program("dpkg-deb");
  return vm;
}

LabFacts look_at_labs(const std::string& folder, std::string& first_program) {
  LabFacts labs;
  labs.folder = labs_folder(folder);
  read_drivers("/", labs);
  for (DriverFacts& driver : labs.drivers)
    if (!driver.there) driver.loadable = loadable(driver.load);
  try {
    const Catalogue catalogue = load_catalogue(labs.folder);
    labs.count = catalogue.flows.size();
    for (const Flow& flow : catalogue.flows)
      for (const std::string& program : flow.programs) {
        const fs::path file = fs::absolute(flow.folder) / program;
        if (access(file.c_str(), X_OK))
          labs.not_runnable.push_back(flow.id() + "/" + program);
        else if (first_program.empty())
          first_program = file;
      }
  } catch (const Failure& failure) {
    labs.failure = failure.what();
  }
  return labs;
}

}  // namespace shmpath
