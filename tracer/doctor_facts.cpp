// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/doctor_facts.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "tracer/files.h"
#include "tracer/place.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& file) {
  std::error_code none;
  return fs::exists(file, none);
}

// Of the few bytes of a file in /proc or /sys.
Line first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

Line link_text(const fs::path& link) {
  std::error_code none;
  const fs::path to = fs::read_symlink(link, none);
  return none ? Line() : Line(to.string());
}

// "CapEff:\t000001ffffffffff"
std::optional<std::uint64_t> number_in(const std::string& status, const std::string& field,
                                       int base) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(field + ":")) continue;
    const std::size_t start = line.find_first_not_of(" \t", field.size() + 1);
    if (start == std::string::npos) return std::nullopt;
    std::uint64_t number = 0;
    const char* end = line.data() + line.size();
    if (std::from_chars(line.data() + start, end, number, base).ec != std::errc())
      return std::nullopt;
    return number;
  }
  return std::nullopt;
}

// Its real user may be another: the effective one counts.
bool is_root(const std::string& status) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Uid:")) continue;
    std::istringstream words(line.substr(4));
    unsigned real = 1, effective = 1;
    return words >> real >> effective && effective == 0;
  }
  return false;
}

std::string container_signs(const fs::path& root) {
  if (is_there(root / ".dockerenv")) return "docker (/.dockerenv)";
  if (is_there(root / "run/.containerenv")) return "podman (/run/.containerenv)";
  if (const Line systemd = first_line(root / "run/systemd/container"))
    return *systemd + " (/run/systemd/container)";
  return "";
}

// Without the right to see them, they are all 0. Absolute symbols of some kernels stand first, and
// are small or 0 in any case.
std::optional<bool> kernel_addresses(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  constexpr int enough = 1000;
  bool any = false;
  for (int i = 0; i < enough && std::getline(in, line); i++) {
    any = true;
    if (line.find_first_not_of('0') < line.find(' ')) return true;
  }
  return any ? std::optional(false) : std::nullopt;
}

}  // namespace

void read_process(const fs::path& root, ProcessFacts& process) {
  const std::string status = read_file(root / "proc/self/status").value_or("");
  process.root = is_root(status);
  process.capabilities = number_in(status, "CapEff", 16);
  process.seccomp = number_in(status, "Seccomp", 10);
  process.user_namespace = link_text(root / "proc/self/ns/user");
  process.pid_namespace = link_text(root / "proc/self/ns/pid");
}

void read_kernel(const fs::path& root, KernelFacts& kernel) {
  const fs::path settings = root / "proc/sys/kernel";
  kernel.proc = is_there(settings);
  kernel.sys = is_there(root / "sys/kernel");
  kernel.btf = access((root / "sys/kernel/btf/vmlinux").c_str(), R_OK) == 0;
  for (const char* folder : {"sys/kernel/tracing", "sys/kernel/debug/tracing"})
    kernel.tracefs = kernel.tracefs || is_there(root / folder / "available_tracers");
  kernel.wsl =
      first_line(settings / "osrelease").value_or("").find("icrosoft") != std::string::npos;
  kernel.addresses_shown = kernel_addresses(root / "proc/kallsyms");
  kernel.lockdown = first_line(root / "sys/kernel/security/lockdown");
  kernel.kptr_restrict = first_line(settings / "kptr_restrict");
  kernel.perf_event_paranoid = first_line(settings / "perf_event_paranoid");
  kernel.unprivileged_bpf_disabled = first_line(settings / "unprivileged_bpf_disabled");
  kernel.ptrace_scope = first_line(settings / "yama/ptrace_scope");
  kernel.container = container_signs(root);
}

void read_drivers(const fs::path& root, LabFacts& labs) {
  auto device = [&](const std::string& name, const std::string& load, const char* file) {
    const fs::path path = root / file;
    const bool there = is_there(path);
    labs.drivers.push_back({name, load, there, !there || access(path.c_str(), R_OK | W_OK) == 0});
  };
  // built in, they have no folder below module: then their device tells
  auto driver = [&](const std::string& name, const std::string& load) {
    bool there = is_there(root / "sys/module" / name / "initstate");
    for (const char* bus : {"platform", "faux"})
      for (const char* number : {"", ".0"})
        there = there || is_there(root / "sys/bus" / bus / "devices" / (name + number));
    labs.drivers.push_back({name, load, there});
  };
  device("udmabuf", "modprobe udmabuf", "dev/udmabuf");
  device("system heap", "", "dev/dma_heap/system");
  driver("vivid", "modprobe vivid n_devs=1 node_types=0x101 allocators=1");
  driver("vgem", "modprobe vgem");
}

Facts gather_facts(const Options& options) {
  Facts facts;
  facts.in_vm = in_guest();
  read_process("/", facts.process);
  read_kernel("/", facts.kernel);
  utsname name{};
  uname(&name);
  facts.kernel.release = name.release;
  facts.kernel.machine = name.machine;
  std::error_code none;
  facts.process.program = fs::read_symlink("/proc/self/exe", none);
  facts.process.file_capabilities =
      getxattr(facts.process.program.c_str(), "security.capability", nullptr, 0) > 0;
  rlimit locked{};
  if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0) facts.process.locked_bytes = locked.rlim_cur;
  std::string lab_program;
  facts.labs = look_at_labs(options.labs, lab_program);
  if (!facts.in_vm) facts.vm = look_at_vm();
  facts.vm.ready = this_machine("auto", "").vm_ready();
  facts.attempts = try_all(lab_program);
  return facts;
}

}  // namespace shmpath
