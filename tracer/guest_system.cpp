// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_system.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "tracer/failure.h"
#include "tracer/fd.h"

namespace shmpath {
namespace {

struct Mount {
  const char* type;
  const char* folder;
  const char* options;
  bool needed;
};

// In this order: a folder is there once what holds it is mounted.
constexpr Mount mounts[] = {
    {"proc", "/proc", "", true},
    {"sysfs", "/sys", "", true},
    {"devtmpfs", "/dev", "mode=0755", true},
    {"devpts", "/dev/pts", "mode=0620,gid=5,ptmxmode=0666", true},
    {"tmpfs", "/dev/shm", "mode=1777", true},
    {"mqueue", "/dev/mqueue", "", false},
    {"tmpfs", "/run", "mode=0755", true},
    {"tracefs", "/sys/kernel/tracing", "", false},
    {"debugfs", "/sys/kernel/debug", "", false},
    {"bpf", "/sys/fs/bpf", "mode=0700", false},
};

constexpr Mount grading_mounts[] = {
    {"proc", "/proc", "hidepid=2", true},
    {"sysfs", "/sys", "", true},
    {"devtmpfs", "/dev", "mode=0755", true},
    {"devpts", "/dev/pts", "mode=0620,gid=5,ptmxmode=0666", true},
    {"tmpfs", "/dev/shm", "mode=1777,size=128m,nr_inodes=4k", true},
    {"mqueue", "/dev/mqueue", "", false},
    {"tmpfs", "/run", "mode=0755,size=16m,nr_inodes=4k", true},
    {"tmpfs", "/tmp", "mode=1777,size=16m,nr_inodes=4k", true},
    {"tmpfs", "/work", "mode=0755,size=64m,nr_inodes=4k", true},
    {"cgroup2", "/sys/fs/cgroup", "", true},
    {"tracefs", "/sys/kernel/tracing", "mode=0700", false},
    {"debugfs", "/sys/kernel/debug", "mode=0700", false},
    {"bpf", "/sys/fs/bpf", "mode=0700", false},
};

struct Setting {
  const char* file;  // below /proc/sys
  const char* value;
};

// What a kernel does not have is left out.
constexpr Setting grading_settings[] = {
    {"kernel/dmesg_restrict", "1"},
    {"kernel/kptr_restrict", "1"},  // root sees addresses: the tracer needs them
    // not 3: there Debian's kernel asks for more than CAP_PERFMON. Without that, one's own user
    // space
    {"kernel/perf_event_paranoid", "2"},
    {"kernel/unprivileged_bpf_disabled", "2"},
    {"kernel/unprivileged_userns_clone", "0"},
    {"user/max_user_namespaces", "0"},
    {"kernel/yama/ptrace_scope", "1"},
    {"kernel/io_uring_disabled", "2"},  // its reads and writes are no system calls
    {"vm/unprivileged_userfaultfd", "0"},
    {"fs/protected_symlinks", "1"},
    {"fs/protected_hardlinks", "1"},
    {"fs/protected_fifos", "2"},
    {"fs/protected_regular", "2"},
    {"fs/suid_dumpable", "0"},
};

struct Link {
  const char* name;
  const char* to;
};

constexpr Link links[] = {{"/dev/fd", "/proc/self/fd"},
                          {"/dev/stdin", "/proc/self/fd/0"},
                          {"/dev/stdout", "/proc/self/fd/1"},
                          {"/dev/stderr", "/proc/self/fd/2"}};

[[noreturn]] void fail(const std::string& folder) {
  throw Failure("cannot mount " + folder + " in the VM", strerror(errno), "");
}

// Over the host's /lib/modules, which belongs to another kernel.
void mount_modules() {
  constexpr const char* folder = "/lib/modules";
  mkdir(folder, 0755);
  if (mount("modules", folder, "9p", MS_RDONLY, "trans=virtio,version=9p2000.L,cache=loose"))
    fail(folder);
}

void bring_up_loopback() {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  ioctl(socket.get(), SIOCSIFFLAGS, &request);
}

bool write_file(const std::string& file, std::string_view text) {
  const Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void mount_all(std::span<const Mount> all) {
  for (const Mount& wanted : all) {
    mkdir(wanted.folder, 0755);
    const bool done =
        mount(wanted.type, wanted.folder, wanted.type, MS_NOSUID, wanted.options) == 0;
    if (!done && wanted.needed) fail(wanted.folder);
  }
}

void confine() {
  for (const Setting& setting : grading_settings)
    write_file(std::string("/proc/sys/") + setting.file, setting.value);
  if (!write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory +pids"))
    throw Failure("cannot limit memory and processes in the VM", strerror(errno),
                  "take another kernel with --kernel");
  write_file("/sys/fs/cgroup/cgroup.subtree_control",
             "+cpu");  // where there is no such: fair shares
  if (mount(nullptr, "/sys", nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID, nullptr)) fail("/sys");
}

}  // namespace

void set_up_guest(bool grading) {
  mount_all(grading ? std::span<const Mount>(grading_mounts) : std::span<const Mount>(mounts));
  for (const Link& link : links)
    if (symlink(link.to, link.name) && errno != EEXIST) fail(link.name);
  if (grading) {
    confine();
  } else {
    mount_modules();
    bring_up_loopback();
  }
  constexpr std::string_view name = "shmpath-vm";
  sethostname(name.data(), name.size());
}

}  // namespace shmpath
