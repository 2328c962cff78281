// SPDX-License-Identifier: BSD-2-Clause
//
// What the VM and the labs need.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tracer/doctor.h"
#include "tracer/kernels.h"

namespace shmpath {
namespace {

constexpr const char* install = "apt-get install --no-install-recommends ";
constexpr std::uint64_t megabyte = 1'000'000;
constexpr std::uint64_t one_kernel = 1000 * megabyte;  // and what unpacking it takes

Check program(const std::string& name, bool there, const std::string& package,
              const std::string& cost, State lack = State::missing) {
  if (there) return {"VM", name, State::ok, "installed"};
  return {"VM", name, lack, "not installed", cost, install + package};
}

Check kvm(const VmFacts& vm) {
  const char* cost = "the VM's processor is emulated: some seconds to boot, and slower probes";
  if (!vm.kvm)
    return {"VM",           "KVM",
            State::unknown, "SHMPATH_VM_ACCEL=" + vm.kvm_asked + " means nothing",
            "no VM boots",  "unset SHMPATH_VM_ACCEL"};
  if (vm.kvm_asked == "tcg")
    return {"VM", "KVM", State::limited, "SHMPATH_VM_ACCEL=tcg", cost, "unset SHMPATH_VM_ACCEL"};
  if (!vm.kvm_there)
    return {"VM",          "KVM", State::limited,
            "no /dev/kvm", cost,  "modprobe kvm_intel, or kvm_amd, where the processor has it"};
  if (!vm.kvm_ours)
    return {"VM",           "KVM",
            State::limited, "/dev/kvm is not yours to open",
            cost,           "sudo usermod -aG kvm $USER, and log in again"};
  if (*vm.kvm == KvmWish::known) return {"VM", "KVM", State::ok, "a VM has booted with it"};
  if (*vm.kvm == KvmWish::never)
    return {"VM",           "KVM",
            State::limited, "/dev/kvm is there, and no VM boots with it",
            cost,           "SHMPATH_VM_ACCEL=kvm shmpath vm run -- true tries it again"};
  return {"VM",           "KVM",
          State::unknown, "/dev/kvm is there; the first boot tries it",
          cost,           "shmpath vm run -- true"};
}

Check kernel(const VmFacts& vm, const KernelSeries& series) {
  Check check{"VM", fmt::format("kernel {}", series.name)};
  check.remedy = fmt::format("shmpath vm fetch {}", series.name);
  const bool is_default = series.name == default_series;
  check.cost =
      is_default ? "no VM, unless with another --kernel" : "the labs are not seen on that kernel";
  check.state = is_default ? State::missing : State::limited;
  check.found = "not fetched";
  for (const StoredKernelFacts& stored : vm.kernels) {
    if (stored.series != series.name) continue;
    if (stored.broken.empty()) return {"VM", check.name, State::ok, stored.release};
    check.found = "broken: " + stored.broken;
  }
  return check;
}

Check room(const VmFacts& vm) {
  if (vm.cache.empty() || !vm.free_bytes)
    return {"VM",
            "cache folder",
            State::unknown,
            "not known: HOME is not set, or it is not there",
            "no kernel can be fetched",
            "set SHMPATH_CACHE to a folder"};
  const std::string found = fmt::format("{} MB free in {}", *vm.free_bytes / megabyte, vm.cache);
  if (*vm.free_bytes >= one_kernel) return {"VM", "cache folder", State::ok, found};
  return {"VM",
          "cache folder",
          State::limited,
          found,
          "no kernel more may fit",
          "make room there, or set SHMPATH_CACHE to a folder on a larger disk"};
}

Check driver_check(const DriverFacts& driver) {
  const std::string name = "driver " + driver.name;
  const char* cost = "its part of lab 09 does not run on the host";
  if (driver.there && driver.ours) return {"labs", name, State::ok, "there"};
  if (driver.there)
    return {"labs",         name,
            State::limited, "there, and not yours to open",
            cost,           "use the VM: --place vm"};
  if (driver.loadable)
    return {"labs",       name, State::limited,
            "not loaded", cost, "sudo " + driver.load + "; or --place vm"};
  return {"labs", name, State::missing, "not on this kernel", cost, "use the VM: --place vm"};
}

}  // namespace

void judge_vm(const Facts& facts, Checks& checks) {
  if (facts.in_vm) return;  // this is one, and cannot hold another
  for (const VmProgram& wanted : facts.vm.programs)
    checks.push_back(program(std::string(wanted.program), wanted.there, std::string(wanted.package),
                             "no VM: on a machine that hides its "
                             "functions, no functions view"));
  checks.push_back(program("mkfs.ext4", facts.vm.mkfs, "e2fsprogs",
                           "in the VM labs 05 to 07 and 13 have no disk, and claims about it are "
                           "not checked",
                           State::limited));
  Check apt = program("apt-get", facts.vm.apt, "", "kernels cannot be fetched", State::limited);
  if (!facts.vm.apt) apt.remedy = "--kernel PATH takes a vmlinuz of your own";
  checks.push_back(apt);
  checks.push_back(kvm(facts.vm));
  for (const KernelSeries& series : kernel_series()) checks.push_back(kernel(facts.vm, series));
  checks.push_back(room(facts.vm));
}

void judge_labs(const Facts& facts, Checks& checks) {
  const LabFacts& labs = facts.labs;
  const bool found = labs.failure.empty();
  checks.push_back(
      found ? Check{"labs", "labs", State::ok, fmt::format("{} in {}", labs.count, labs.folder)}
            : Check{"labs", "labs", State::missing, labs.failure,
                    "no command works: each reads them", "build shmpath, or give --labs DIR"});
  if (found && !labs.not_runnable.empty())
    checks.push_back({"labs", "programs", State::missing,
                      fmt::format("cannot be run: {}", fmt::join(labs.not_runnable, ", ")),
                      "these labs do not run", "build shmpath again, or chmod +x"});
  if (found && labs.not_runnable.empty())
    checks.push_back({"labs", "programs", State::ok, "all can be run"});
  for (const DriverFacts& driver : labs.drivers) checks.push_back(driver_check(driver));
  checks.push_back(found ? Check{"labs", "replay", State::ok, "needs nothing of the kernel"}
                         : Check{"labs", "replay", State::missing, "the labs are not found",
                                 "recordings cannot be shown", "give --labs DIR"});
}

}  // namespace shmpath
