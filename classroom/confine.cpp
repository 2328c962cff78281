// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/confine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <sstream>
#include <system_error>
#include <thread>

#include "classroom/confine_calls.h"
#include "classroom/left_behind.h"
#include "tracer/failure.h"
#include "tracer/fd.h"
#include "tracer/files.h"
#include "tracer/place.h"

namespace shmpath {
namespace {

using namespace std::chrono_literals;

constexpr unsigned submitter = 1000;  // user and group
constexpr const char* groups = "/sys/fs/cgroup";
constexpr const char* group = "/sys/fs/cgroup/submission";
constexpr const char *work_folder = "/work", *own_folder = "/run/judge";
constexpr const char* memory_bytes = "536870912";
constexpr const char* most_processes = "128";
constexpr rlim_t most_map_bytes = rlim_t{64} << 20;  // before Linux 5.11 no group counts BPF's

[[noreturn]] void failed(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool write_file(const std::string& file, std::string_view text) {
  const Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void require_written(const std::string& file, std::string_view text) {
  if (!write_file(file, text)) failed(file);
}

void limit(__rlimit_resource what, rlim_t most) {
  const rlimit both{most, most};
  if (setrlimit(what, &both)) failed("setrlimit");
}

// Nothing else can be had afterwards: not by a program that has the set-user-ID bit, or file
// capabilities, either.
void keep_capabilities(const std::vector<unsigned>& kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  for (const unsigned one : kept) {
    __user_cap_data_struct& part = data[one / 32];
    part.effective |= 1U << one % 32;
    part.permitted = part.inheritable = part.effective;
  }
  if (syscall(SYS_capset, &header, data)) failed("capset");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (const unsigned one : kept)
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, one, 0, 0)) failed("PR_CAP_AMBIENT_RAISE");
}

void make_group() {
  if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) &&
      mount("cgroup2", groups, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr))
    failed(groups);
  require_written(std::string(groups) + "/cgroup.subtree_control", "+memory +pids");
  if (mkdir(group, 0755) && errno != EEXIST) failed(group);
  require_written(std::string(group) + "/memory.max", memory_bytes);
  require_written(std::string(group) + "/pids.max", most_processes);
  write_file(std::string(group) + "/memory.swap.max", "0");  // where there is swap
}

// Whatever needs a device needs it in the VM, which has no other user: it is opened to this one.
void open_devices(const JudgeJob& job) {
  if (std::ranges::find(job.needs, "vm") == job.needs.end()) return;
  Flow devices;
  devices.modules = {"udmabuf"};
  devices.devices = {"/dev/udmabuf", "/dev/dma_heap/system"};
  prepare_devices(devices);
  if (std::ranges::find(job.needs, "udmabuf") != job.needs.end() && access("/dev/udmabuf", F_OK))
    throw Failure("this exercise", "the kernel has no /dev/udmabuf, which it needs",
                  "take another kernel: Linux 6.12 has it in Debian");
}

}  // namespace

Rights rights_for(const JudgeJob& job, bool confined) {
  const auto needs = [&](const char* what) {
    return std::ranges::find(job.needs, what) != job.needs.end();
  };
  return {confined, needs("root"), needs("bpf")};
}

void confine(const Rights& rights) {
  require_written(std::string(group) + "/cgroup.procs", "0");
  umask(077);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, rlim_t{64} << 20);
  limit(RLIMIT_NOFILE, 256);
  limit(RLIMIT_NPROC, 128);
  std::vector<unsigned> kept;
  if (rights.root) kept = {CAP_SYS_ADMIN};
  if (rights.bpf) {
    limit(RLIMIT_MEMLOCK, most_map_bytes);
    kept = {CAP_BPF, CAP_PERFMON};
  }
  for (unsigned one = 0; prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; one++)
    if (std::ranges::find(kept, one) == kept.end() && prctl(PR_CAPBSET_DROP, one, 0, 0, 0))
      failed("PR_CAPBSET_DROP");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) failed("PR_SET_NO_NEW_PRIVS");
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)) failed("PR_SET_KEEPCAPS");
  if (setgroups(0, nullptr)) failed("setgroups");
  if (setresgid(submitter, submitter, submitter)) failed("setresgid");
  if (setresuid(submitter, submitter, submitter)) failed("setresuid");
  keep_capabilities(kept);
  if (rights.root) refuse_powerful_calls();
}

Confinement::Confinement(const JudgeJob& job) : folder_(work_folder), own_(own_folder) {
  make_group();
  mount_fresh(work_folder,
              fmt::format("size=64m,nr_inodes=4k,mode=0700,uid={0},gid={0}", submitter));
  mount_fresh(own_folder, "size=128m,mode=0700");
  mount_fresh("/tmp", "size=16m,nr_inodes=4k,mode=1777");
  mount_fresh("/dev/shm", "size=128m,nr_inodes=4k,mode=1777");
  open_devices(job);
  if (rights_for(job, true).bpf) guard_ = std::make_unique<BpfGuard>(submitter);
}

void Confinement::mount_fresh(const char* where, const std::string& options) {
  mkdir(where, 0700);
  if (mount("submission", where, "tmpfs", MS_NOSUID | MS_NODEV, options.c_str())) failed(where);
  mounted_.emplace_back(where);
}

Confinement::~Confinement() {
  kill_all();
  rmdir(group);
  for (const std::string& folder : mounted_) umount2(folder.c_str(), MNT_DETACH);
  remove_system_v_objects();
}

std::vector<pid_t> Confinement::processes() const {
  std::istringstream text(read_file(std::string(group) + "/cgroup.procs").value_or(""));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; text >> pid;) pids.push_back(pid);
  return pids;
}

bool Confinement::kill_all() const {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < limit) {
    const auto there = processes();
    if (there.empty()) return true;
    // as one act, where the kernel can (5.14 and later)
    if (!write_file(std::string(group) + "/cgroup.kill", "1"))
      for (const pid_t pid : there) kill(pid, SIGKILL);
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

}  // namespace shmpath
