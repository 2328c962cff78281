// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/bpf_guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "guard.skel.h"
#include "tracer/failure.h"
#include "tracer/mechanism.h"
#include "tracer/symbols.h"

namespace shmpath {
namespace {

// They end or change another process, or what it is told. Not every kernel has all. (What loops
// has callbacks, and all these are refused.)
constexpr const char* refused_helpers[] = {"bpf_send_signal", "bpf_send_signal_thread",
                                           "bpf_override_return", "bpf_probe_write_user"};
constexpr int may_goto = BPF_JMP | 0xe0;  // Debian 12's linux/bpf.h has no name for it

[[noreturn]] void fail(const std::string& reason) {
  throw Failure("cannot guard a submission's BPF programs", reason,
                "take a kernel with CONFIG_BPF_LSM: shmpath vm list");
}

bpf_insn instruction(int code, int number, unsigned to = 0) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = to & 0xf;
  made.imm = number;
  return made;
}

// "" when the kernel takes a program of these instructions, else why not.
std::string try_program(bpf_prog_type type, std::vector<bpf_insn> code) {
  code.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0));  // r0 = 0
  code.push_back(instruction(BPF_JMP | BPF_EXIT, 0));
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  const Descriptor program(
      bpf_prog_load(type, nullptr, "Dual BSD/GPL", code.data(), code.size(), &options));
  return program ? "" : std::strerror(errno);
}

}  // namespace

void BpfGuard::Destroy::operator()(guard_bpf* guard) const { guard_bpf__destroy(guard); }

BpfGuard::BpfGuard(unsigned submitter) : guard_(guard_bpf__open()) {
  if (!guard_) fail(std::strerror(errno));
  guard_->rodata->submitter = submitter;
  const Symbols symbols = Symbols::of_this_kernel();
  learn_helpers(symbols);
  const bool before = symbols.named("bpf_lsm_bpf_prog_load").has_value();
  bpf_program__set_autoload(guard_->progs.look_before, before);
  if (guard_bpf__load(guard_.get()) || guard_bpf__attach(guard_.get())) fail(std::strerror(errno));
  try_itself(before);
}

void BpfGuard::learn_helpers(const Symbols& symbols) {
  static_assert(std::size(refused_helpers) <= std::size(decltype(guard_->rodata->refused){}));
  const auto base = symbols.named("__bpf_call_base");
  if (!base || !symbols.addresses_shown()) fail("/proc/kallsyms has no addresses of helpers");
  std::size_t known = 0;
  for (const char* name : refused_helpers)
    if (const auto helper = symbols.named(name))
      guard_->rodata->refused[known++] = static_cast<unsigned>(helper->address - base->address);
}

void BpfGuard::try_itself(bool before) {
  guard_->bss->tried = static_cast<unsigned>(getpid());
  const std::string another_kind = try_program(BPF_PROG_TYPE_LSM, {});
  const std::string sends =
      try_program(BPF_PROG_TYPE_KPROBE, {instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, BPF_REG_1),
                                         instruction(BPF_JMP | BPF_CALL, BPF_FUNC_send_signal)});
  const std::string loops = try_program(BPF_PROG_TYPE_KPROBE, {instruction(may_goto, 0)});
  const std::string harmless = try_program(BPF_PROG_TYPE_KPROBE, {});
  guard_->bss->tried = 0;
  const std::string refused = std::strerror(EPERM);
  if (another_kind != refused || sends != refused || (before && loops != refused))
    fail("the kernel does not ask it (is \"bpf\" in /sys/kernel/security/lsm?)");
  if (!harmless.empty()) fail("with it, no program can be loaded: " + harmless);
}

}  // namespace shmpath
