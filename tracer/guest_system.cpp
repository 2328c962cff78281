// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_system.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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

}  // namespace

void set_up_guest() {
  for (const Mount& wanted : mounts) {
    mkdir(wanted.folder, 0755);
    const bool done =
        mount(wanted.type, wanted.folder, wanted.type, MS_NOSUID, wanted.options) == 0;
    if (!done && wanted.needed) fail(wanted.folder);
  }
  for (const Link& link : links)
    if (symlink(link.to, link.name) && errno != EEXIST) fail(link.name);
  mount_modules();
  bring_up_loopback();
  constexpr std::string_view name = "shmpath-vm";
  sethostname(name.data(), name.size());
}

}  // namespace shmpath
