// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/qemu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "tracer/argv.h"
#include "tracer/ends.h"
#include "tracer/failure.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

// What follows a comma is another setting to QEMU, unless the comma is doubled.
std::string quoted(const std::filesystem::path& path) {
  std::string text;
  for (char c : path.string()) text += c == ',' ? ",," : std::string(1, c);
  return text;
}

std::string program() {
  try {
    return resolve_command("qemu-system-x86_64");
  } catch (const Failure&) {
    throw Failure("cannot boot a VM", "qemu-system-x86_64 is not installed",
                  "type: sudo apt-get install --no-install-recommends qemu-system-x86");
  }
}

// Who breaks out of a VM is then nobody. KVM stays within reach where its group may use it.
void become_nobody() {
  constexpr uid_t nobody = 65534;
  struct stat kvm {};
  const bool has_group = stat("/dev/kvm", &kvm) == 0 && (kvm.st_mode & 0060) == 0060;
  if (geteuid() != 0) return;
  if (setgroups(has_group ? 1 : 0, &kvm.st_gid) || setresgid(nobody, nobody, nobody) ||
      setresuid(nobody, nobody, nobody))
    _exit(exit_failure);
}

[[noreturn]] void become_qemu(const std::string& file, std::vector<std::string> arguments,
                              const QemuFiles& files, int errors, pid_t parent, bool as_nobody) {
  if (as_nobody) become_nobody();
  // After that: it would be forgotten.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(exit_failure);  // it went before the line above
  setsid();
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(errors, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  fcntl(files.kernel, F_SETFD, 0);
  fcntl(files.initramfs, F_SETFD, 0);
  fcntl(files.console, F_SETFD, 0);
  for (const QemuPort& port : files.ports) fcntl(port.fd, F_SETFD, 0);
  arguments.insert(arguments.begin(), file);
  execv(file.c_str(), pointers_to(arguments).data());
  _exit(exit_failure);
}

}  // namespace

std::vector<std::string> qemu_arguments(const BootPlan& plan, const QemuFiles& files,
                                        Accelerator accelerator) {
  std::vector<std::string> words{"-no-user-config", "-nodefaults", "-display", "none", "-no-reboot",
                                 // no other program, no other user
                                 "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny"};
  auto add = [&](const std::string& option, const std::string& value) {
    words.push_back(option);
    words.push_back(value);
  };
  auto share = [&](const std::string& tag, const std::filesystem::path& folder) {
    add("-fsdev", fmt::format("local,id={0},path={1},security_model=none,readonly=on,"
                              "multidevs=remap",
                              tag, quoted(folder)));
    add("-device", fmt::format("virtio-9p-pci,fsdev={0},mount_tag={0}", tag));
  };
  add("-machine", "q35,vmport=off,smm=off,usb=off,hpet=off");
  add("-accel", accelerator == Accelerator::kvm ? "kvm" : "tcg,thread=multi");
  add("-cpu", "max");
  // a kretprobe of a kernel without preemption can be in as many calls at once as it has places for
  // processors, also for some that never come
  add("-smp", fmt::format("{},maxcpus=16", plan.processors));
  add("-m", fmt::format("{}", plan.memory_mib));
  add("-kernel", fmt::format("/proc/self/fd/{}", files.kernel));
  add("-initrd", fmt::format("/proc/self/fd/{}", files.initramfs));
  // A kernel that panics reboots at once, which with -no-reboot ends QEMU. One that is locked down
  // lets no program write to another's memory through BPF, and takes no module but its own. "bpf"
  // has the kernel ask the judge's guard (bpf/guard).
  add("-append", std::string("console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off "
                             "cryptomgr.notests tsc=reliable no_timer_check random.trust_cpu=on") +
                     (plan.grading() ? " lockdown=integrity lsm=lockdown,yama,bpf" : ""));
  add("-chardev", fmt::format("socket,id=console,fd={}", files.console));
  add("-serial", "chardev:console");
  for (const GuestShare& granted : plan.grading_shares) share(granted.tag, granted.folder);
  if (!plan.grading()) {
    share("root", plan.shared_root);
    share("modules", std::filesystem::absolute(plan.kernel.lib / "modules"));
  }
  add("-device", "virtio-serial-pci,max_ports=8");
  for (const QemuPort& port : files.ports) {
    add("-chardev", fmt::format("socket,id={},fd={}", port.name, port.fd));
    add("-device", fmt::format("virtserialport,chardev={0},name={0}", port.name));
  }
  return words;
}

Qemu::Qemu(const std::vector<std::string>& arguments, const QemuFiles& files, bool as_nobody) {
  const std::string file = program();
  PipeEnds errors;
  errors_ = std::move(errors.read_end);
  fcntl(errors_.get(), F_SETFL, O_NONBLOCK);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become_qemu(file, arguments, files, errors.write_end.get(), parent, as_nobody);
}

Qemu::~Qemu() { end(); }

void Qemu::end() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
}

}  // namespace shmpath
