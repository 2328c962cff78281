// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/mechanism.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>

#include "tracer/failure.h"

namespace shmpath {
namespace {

constexpr std::uint32_t number_to_be_written = 0x5eed0fac;  // own_number() in bpf/shmpath.bpf.h
constexpr const char* license = "Dual BSD/GPL";
constexpr const char* tried_function = "handle_mm_fault";  // every kernel has it, and BTF for it
// A function's two trampolines cost least when it is called, but the kernel takes them out one
// after the other, waiting some 0.1 s for each; one link of kprobe-multi goes as a whole.
constexpr std::size_t most_trampolines = 8;
constexpr const char* multi_type = "bpf_kprobe_multi_link";

Descriptor load(bpf_prog_type type, std::span<const bpf_insn> code, bpf_prog_load_opts& options) {
  return Descriptor(bpf_prog_load(type, nullptr, license, code.data(), code.size(), &options));
}

// A program that does nothing, to try whether the kernel takes one of its kind.
Descriptor load_empty(bpf_prog_type type, bpf_attach_type attach, const FunctionType* function) {
  std::array<bpf_insn, 2> code{};
  code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = 0
  code[1].code = BPF_JMP | BPF_EXIT;
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach,
              .attach_btf_id = function ? function->id : 0);
  return load(type, code, options);
}

// One that reads the kernel's memory: lockdown forbids that, and lets an empty program pass.
Descriptor load_reader() {
  auto instruction = [](int code, unsigned to, unsigned from, int number) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = to & 0xf;
    made.src_reg = from & 0xf;
    made.imm = number;
    return made;
  };
  constexpr int copy = BPF_ALU64 | BPF_MOV | BPF_X, set = BPF_ALU64 | BPF_MOV | BPF_K;
  const std::array<bpf_insn, 7> code = {{
      instruction(copy, BPF_REG_1, BPF_REG_10, 0),
      instruction(BPF_ALU64 | BPF_ADD, BPF_REG_1, 0, -8),  // BPF_K is 0: eight bytes of the stack
      instruction(set, BPF_REG_2, 0, 8),
      instruction(set, BPF_REG_3, 0, 0),  // from an address that cannot be read
      instruction(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_probe_read_kernel),
      instruction(set, BPF_REG_0, 0, 0),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0),
  }};
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  return load(BPF_PROG_TYPE_RAW_TRACEPOINT, code, options);
}

std::string refusal(const char* what) { return fmt::format("{}: {}", what, strerror(errno)); }

Descriptor attach_perf(int program, perf_event_attr& attr) {
  Descriptor event(
      static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return event;
  if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program) ||
      ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0))
    return Descriptor();
  return event;
}

std::string device_file(const char* device, const char* file) {
  return fmt::format("/sys/bus/event_source/devices/{}/{}", device, file);
}

// An event of the "kprobe" or "uprobe" device; false when this kernel has none.
bool fill_perf(perf_event_attr& attr, const char* device, bool at_return) {
  attr = {};
  attr.size = sizeof(attr);
  std::uint32_t type = 0;
  if (!(std::ifstream(device_file(device, "type")) >> type)) {
    errno = ENODEV;
    return false;
  }
  attr.type = type;
  std::string format;  // "config:0"
  std::ifstream(device_file(device, "format/retprobe")) >> format;
  unsigned bit = format.starts_with("config:") ? static_cast<unsigned>(format.back() - '0') : 0;
  attr.config = at_return ? 1U << bit : 0;
  return true;
}

}  // namespace

std::string try_fentry(KernelTypes& types) {
  auto function = types.function("", tried_function);
  if (!function) return fmt::format("fentry: BTF has no {}", tried_function);
  if (!types.knows_word("BPF_FUNC_get_func_arg")) return "fentry: no bpf_get_func_arg (since 5.17)";
  Descriptor program = load_empty(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, &*function);
  if (!program) return refusal("fentry");
  return attach_trampoline(program.get()) ? "" : refusal("fentry");
}

std::string try_multi(KernelTypes& types) {
  // a kernel without it takes the program for a plain kprobe
  if (!types.knows_word(multi_type)) return "kprobe-multi: this kernel has no fprobe";
  Descriptor program = load_empty(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, nullptr);
  if (!program) return refusal("kprobe-multi");
  LIBBPF_OPTS(bpf_link_create_opts, options);
  const char* name = tried_function;
  options.kprobe_multi.syms = &name;
  options.kprobe_multi.cnt = 1;
  Descriptor link(bpf_link_create(program.get(), 0, BPF_TRACE_KPROBE_MULTI, &options));
  return link ? "" : refusal("kprobe-multi");
}

std::string try_kprobe() {
  Descriptor program = load_empty(BPF_PROG_TYPE_KPROBE, bpf_attach_type{}, nullptr);
  if (!program) return refusal("kprobe");
  perf_event_attr attr{};
  if (!fill_perf(attr, "kprobe", false)) return "kprobe: kernel built without CONFIG_KPROBES";
  attr.config1 = reinterpret_cast<std::uint64_t>(tried_function);
  return attach_perf(program.get(), attr) ? "" : refusal("kprobe");
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

MechanismChoice choose_mechanism(const std::string& asked, std::size_t functions,
                                 KernelTypes& types) {
  struct Way {
    Mechanism mechanism;
    const char* name;
    std::function<std::string()> attempt;
  };
  std::array<Way, 3> ways = {
      {{Mechanism::fentry, "fentry", [&] { return try_fentry(types); }},
       {Mechanism::kprobe_multi, "kprobe-multi", [&] { return try_multi(types); }},
       {Mechanism::kprobe, "kprobe", [] { return try_kprobe(); }}}};
  if (functions > most_trampolines) std::swap(ways[0], ways[1]);
  std::string refused;
  for (const Way& way : ways) {
    if (asked != "auto" && asked != way.name) continue;
    std::string why = way.attempt();
    if (why.empty())
      return {way.mechanism,
              "by " + std::string(way.name) + (refused.empty() ? "" : "; " + refused)};
    refused += (refused.empty() ? "" : "; ") + why;
  }
  if (asked != "auto")
    throw Failure("cannot probe kernel functions by " + asked, refused,
                  "leave --attach out, or try --place vm");
  return {Mechanism::none, refused};
}

std::string try_tracepoint(const char* name) {
  Descriptor program = load_empty(BPF_PROG_TYPE_RAW_TRACEPOINT, bpf_attach_type{}, nullptr);
  if (!program) return refusal("BPF");
  program = load_reader();
  if (!program) return refusal("BPF may not read the kernel's memory");
  return Descriptor(bpf_raw_tracepoint_open(name, program.get())) ? "" : refusal(name);
}

std::string try_typed_tracepoint(const char* name) {
  const int id = libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP);
  if (id < 0) return fmt::format("BTF has no tracepoint {}", name);
  const FunctionType type{static_cast<std::uint32_t>(id), 0, {}};
  Descriptor program = load_empty(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, &type);
  if (!program) return refusal("BPF");
  return attach_trampoline(program.get()) ? "" : refusal(name);
}

std::string try_ring(std::size_t bytes) {
  LIBBPF_OPTS(bpf_map_create_opts, options);
  Descriptor ring(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "shmpath_try", 0, 0,
                                 static_cast<std::uint32_t>(bytes), &options));
  return ring ? "" : refusal("ring buffer");
}

std::string try_uprobe(const std::string& file, std::uint64_t offset) {
  Descriptor program = load_empty(BPF_PROG_TYPE_KPROBE, bpf_attach_type{}, nullptr);
  if (!program) return refusal("BPF");
  return attach_uprobe(program.get(), file, offset, false) ? "" : refusal("uprobe");
}

std::string try_multi_uprobe(KernelTypes& types, const std::string& file, std::uint64_t offset) {
  if (!types.knows_word(multi_uprobe_type)) return "this kernel has no link for many uprobes";
  const auto attach = static_cast<bpf_attach_type>(multi_uprobe_attach_type);
  Descriptor program = load_empty(BPF_PROG_TYPE_KPROBE, attach, nullptr);
  if (!program) return refusal("BPF");
  const std::uint64_t cookie = 0;
  return attach_multi_uprobe(program.get(), file, {&offset, 1}, {&cookie, 1}, false)
             ? ""
             : refusal("uprobe-multi");
}

void write_number(std::span<bpf_insn> code, std::uint32_t number) {
  for (bpf_insn& instruction : code)
    if (instruction.code == (BPF_LD | BPF_IMM | BPF_DW) && instruction.src_reg == 0 &&
        static_cast<std::uint32_t>(instruction.imm) == number_to_be_written)
      instruction.imm = static_cast<int>(number);
}

Descriptor load_copy(const bpf_program* pattern, std::uint32_t number,
                     const FunctionType* function) {
  std::span<const bpf_insn> loaded(bpf_program__insns(pattern), bpf_program__insn_cnt(pattern));
  std::vector<bpf_insn> code(loaded.begin(), loaded.end());
  write_number(code, number);
  LIBBPF_OPTS(bpf_prog_load_opts, options,
              .expected_attach_type = bpf_program__expected_attach_type(pattern),
              .attach_btf_id = function ? function->id : 0);
  Descriptor module;
  if (function && function->object) {
    module = Descriptor(bpf_btf_get_fd_by_id(function->object));
    if (!module) return module;
    options.attach_btf_obj_fd = static_cast<std::uint32_t>(module.get());
  }
  return load(bpf_program__type(pattern), code, options);
}

Descriptor attach_trampoline(int program) {
  return Descriptor(bpf_raw_tracepoint_open(nullptr, program));
}

Descriptor attach_multi(int program, std::span<const std::uint64_t> addresses,
                        std::span<const std::uint64_t> cookies, bool at_return) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.kprobe_multi.addrs = reinterpret_cast<const unsigned long*>(addresses.data());
  options.kprobe_multi.cookies = reinterpret_cast<const __u64*>(cookies.data());
  options.kprobe_multi.cnt = static_cast<std::uint32_t>(addresses.size());
  options.kprobe_multi.flags = at_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
  return Descriptor(bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &options));
}

Descriptor attach_kprobe(int program, std::uint64_t address, bool at_return) {
  perf_event_attr attr{};
  if (!fill_perf(attr, "kprobe", at_return)) return Descriptor();
  attr.config2 = address;  // by address: two functions may have one name
  return attach_perf(program, attr);
}

Descriptor attach_uprobe(int program, const std::string& file, std::uint64_t offset,
                         bool at_return) {
  perf_event_attr attr{};
  if (!fill_perf(attr, "uprobe", at_return)) return Descriptor();
  attr.config1 = reinterpret_cast<std::uint64_t>(file.c_str());
  attr.config2 = offset;
  return attach_perf(program, attr);
}

Descriptor attach_multi_uprobe(int program, const std::string& file,
                               std::span<const std::uint64_t> offsets,
                               std::span<const std::uint64_t> cookies, bool at_return) {
  // include/uapi/linux/bpf.h, the part of union bpf_attr for BPF_LINK_CREATE of this kind: libbpf
  // 1.1 does not know it yet
  struct {
    std::uint32_t program_fd, target_fd, attach_type, link_flags;
    std::uint64_t path, offsets, reference_counters, cookies;
    std::uint32_t count, flags, pid, padding;
  } attr{};
  constexpr std::uint32_t returns = 1;  // BPF_F_UPROBE_MULTI_RETURN
  attr.program_fd = static_cast<std::uint32_t>(program);
  attr.attach_type = multi_uprobe_attach_type;
  attr.path = reinterpret_cast<std::uint64_t>(file.c_str());
  attr.offsets = reinterpret_cast<std::uint64_t>(offsets.data());
  attr.cookies = reinterpret_cast<std::uint64_t>(cookies.data());
  attr.count = static_cast<std::uint32_t>(offsets.size());
  attr.flags = at_return ? returns : 0;
  return Descriptor(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr))));
}

}  // namespace shmpath
