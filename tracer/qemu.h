// SPDX-License-Identifier: BSD-2-Clause
//
// QEMU as a process of ours.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tracer/fd.h"
#include "tracer/kernels.h"

namespace shmpath {

enum class Accelerator { kvm, tcg };

// A folder of the host that the guest sees, read-only, at the same place.
struct GuestShare {
  std::string tag;
  std::filesystem::path folder;
};

// What a VM is made of.
struct BootPlan {
  GuestKernel kernel;
  // In the grading profile the guest sees these, and neither the root nor the kernel's modules.
  std::vector<GuestShare> grading_shares;
  bool grading() const { return !grading_shares.empty(); }
  std::filesystem::path shared_root = "/";  // what the guest sees, read-only, as its root
  std::filesystem::path agent;              // shmpath, as the guest sees it
  unsigned memory_mib = 1024;
  // One: without KVM each emulated processor is a thread of ours, and a kernel that rewrites its
  // own code for a probe while another runs it has panicked here, once in some twenty boots with
  // two.
  unsigned processors = 1;
};

// A port of the guest and the host's end of it: a socket, which QEMU inherits.
struct QemuPort {
  std::string name;
  int fd;
};

// The descriptors that QEMU inherits.
struct QemuFiles {
  int kernel;
  int initramfs;
  int console;
  std::vector<QemuPort> ports;
};

// QEMU's command line, without the program.
std::vector<std::string> qemu_arguments(const BootPlan& plan, const QemuFiles& files,
                                        Accelerator accelerator);

// A running QEMU, in a session of its own so that the terminal's Ctrl-C is ours. It is killed when
// this object goes, and by the kernel when we are.
class Qemu {
 public:
  // `as_nobody`: a QEMU that root starts is not root's. Throws Failure when it is not installed.
  Qemu(const std::vector<std::string>& arguments, const QemuFiles& files, bool as_nobody);
  ~Qemu();
  Qemu(const Qemu&) = delete;
  Qemu& operator=(const Qemu&) = delete;

  void end();                                      // kills it and waits
  int errors_fd() const { return errors_.get(); }  // what it prints, non-blocking

 private:
  pid_t pid_ = -1;
  Fd errors_;
};

}  // namespace shmpath
