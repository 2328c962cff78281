// SPDX-License-Identifier: BSD-2-Clause
//
// What a hostile submission of exercise 10 does with the BPF that it is given, one function each.
// Where the grader's defence holds, none succeeds: see attacks.h.
#pragma once

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace attack {

[[maybe_unused, noreturn]] static void won(const char* what) {
  std::printf("the attack succeeded: %s\n", what);
  std::fflush(stdout);
  _exit(99);
}

using Code = std::vector<bpf_insn>;

static bpf_insn instruction(int code, unsigned to, unsigned from, short offset, int number) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = to & 0xf;
  made.src_reg = from & 0xf;
  made.off = offset;
  made.imm = number;
  return made;
}

static bpf_insn set(unsigned to, int number) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}
static bpf_insn call(int helper) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
static bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

// Its descriptor, or -1 where the kernel refuses it.
static int load(bpf_prog_type type, const Code& code, unsigned attach = 0,
                const char* target = nullptr, unsigned flags = 0) {
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = static_cast<bpf_attach_type>(attach);
  options.prog_flags = flags;
  if (target) {
    const int id = libbpf_find_vmlinux_btf_id(target, options.expected_attach_type);
    if (id < 0) return -1;
    options.attach_btf_id = static_cast<__u32>(id);
  }
  return bpf_prog_load(type, "hostile", "GPL", code.data(), code.size(), &options);
}

// Denies a call to everybody else, or answers it in the kernel's place.
[[maybe_unused]] static void deny_calls() {
  const Code deny{set(0, -1), leave()}, answer{set(0, 1), leave()};
  for (const char* hook :
       {"security_bpf", "security_file_permission", "security_file_open", "security_task_kill",
        "security_ptrace_access_check", "__x64_sys_write", "__x64_sys_read", "__x64_sys_bpf"})
    if (load(BPF_PROG_TYPE_TRACING, deny, BPF_MODIFY_RETURN, hook) >= 0) won(hook);
  if (load(BPF_PROG_TYPE_TRACING, answer, BPF_MODIFY_RETURN, "security_locked_down") >= 0)
    won("a program that says that nothing is locked down");
  for (const char* hook : {"bpf", "file_open", "file_permission", "task_kill", "bpf_prog"})
    if (load(BPF_PROG_TYPE_LSM, deny, BPF_LSM_MAC, hook) >= 0) won(hook);
}

// A signal comes from the kernel then, so that no right is asked for.
[[maybe_unused]] static void send_signals() {
  for (const int helper : {BPF_FUNC_send_signal, BPF_FUNC_send_signal_thread}) {
    const Code code{set(1, SIGKILL), call(helper), set(0, 0), leave()};
    if (load(BPF_PROG_TYPE_KPROBE, code) >= 0) won("a kprobe that sends signals");
    if (load(BPF_PROG_TYPE_PERF_EVENT, code) >= 0) won("a perf event that sends signals");
    if (load(BPF_PROG_TYPE_TRACEPOINT, code) >= 0) won("a tracepoint that sends signals");
    if (load(BPF_PROG_TYPE_RAW_TRACEPOINT, code) >= 0) won("a raw tracepoint that sends signals");
    if (load(BPF_PROG_TYPE_TRACING, code, BPF_TRACE_FENTRY, "vfs_write") >= 0)
      won("an fentry that sends signals");
  }
  // in a function of its own
  bpf_insn inner = instruction(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1);
  if (load(BPF_PROG_TYPE_KPROBE,
           {inner, leave(), set(1, SIGKILL), call(BPF_FUNC_send_signal), set(0, 0), leave()}) >= 0)
    won("a function of a kprobe that sends signals");
}

// The memory, the return value or the registers of another process.
[[maybe_unused]] static void change_others() {
  constexpr unsigned uprobe_multi = 48;       // BPF_TRACE_UPROBE_MULTI, since Linux 6.6
  constexpr short instruction_pointer = 128;  // in struct pt_regs of x86-64
  const Code write{instruction(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
                   instruction(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -8),
                   instruction(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0),
                   set(1, 0),
                   set(3, 8),
                   call(BPF_FUNC_probe_write_user),
                   set(0, 0),
                   leave()};
  if (load(BPF_PROG_TYPE_KPROBE, write) >= 0) won("a program that writes to others' memory");
  if (load(BPF_PROG_TYPE_KPROBE, {set(2, -1), call(BPF_FUNC_override_return), leave()}) >= 0)
    won("a program that answers for the kernel");
  for (const unsigned attach : {0U, uprobe_multi}) {
    const Code registers{set(2, 0),
                         instruction(BPF_STX | BPF_MEM | BPF_DW, 1, 2, instruction_pointer, 0),
                         set(0, 0), leave()};
    if (load(BPF_PROG_TYPE_KPROBE, registers, attach) >= 0)
      won("a program that sets others' registers");
  }
  if (load(BPF_PROG_TYPE_KPROBE, {set(0, 0), leave()}, uprobe_multi) >= 0)
    won("a uprobe in others' libraries");
}

// The tracer's own maps, programs and links, by their numbers.
[[maybe_unused]] static void take_the_tracers() {
  for (__u32 id = 1; id < 500; id++) {
    if (bpf_map_get_fd_by_id(id) >= 0) won("a map of the tracer's");
    if (bpf_prog_get_fd_by_id(id) >= 0) won("a program of the tracer's");
    const int link = bpf_link_get_fd_by_id(id);
    if (link >= 0) bpf_link_detach(link), won("a link of the tracer's");
  }
  for (int fd = 3; fd < 256; fd++)
    if (bpf_link_detach(fd) == 0) won("an inherited link");
  __u32 next = 0;
  if (bpf_map_get_next_id(0, &next) == 0 || bpf_link_get_next_id(0, &next) == 0) won("the numbers");
  if (bpf_enable_stats(BPF_STATS_RUN_TIME) >= 0) won("the kernel's statistics");
  char name[64];
  __u32 length = sizeof(name), program = 0, kind = 0;
  __u64 offset = 0, address = 0;
  for (int fd = 3; fd < 64; fd++)
    if (bpf_task_fd_query(getppid(), fd, 0, name, &length, &program, &kind, &offset, &address) == 0)
      won("what the tracer has open");
}

// Schedulers, networks, control groups, whole programs: nothing that observes.
[[maybe_unused]] static void load_other_kinds() {
  const Code code{set(0, 0), leave()};
  for (const int kind :
       {BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_CGROUP_SKB,
        BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_PROG_TYPE_SK_MSG,
        BPF_PROG_TYPE_STRUCT_OPS, BPF_PROG_TYPE_EXT, BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE})
    if (load(static_cast<bpf_prog_type>(kind), code) >= 0) won("a program of another kind");
  if (load(BPF_PROG_TYPE_SK_LOOKUP, code, BPF_SK_LOOKUP) >= 0) won("SK_LOOKUP");
  if (load(BPF_PROG_TYPE_SYSCALL, code, 0, nullptr, BPF_F_SLEEPABLE) >= 0) won("SYSCALL");
  if (load(BPF_PROG_TYPE_TRACING, code, BPF_TRACE_ITER, "bpf_iter_task_file") >= 0)
    won("an iterator");
  btf* types = btf__load_vmlinux_btf();
  if (types && btf__find_by_name_kind(types, "sched_ext_ops", BTF_KIND_STRUCT) > 0) {
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.attach_btf_id =
        static_cast<__u32>(btf__find_by_name_kind(types, "sched_ext_ops", BTF_KIND_STRUCT));
    if (bpf_prog_load(BPF_PROG_TYPE_STRUCT_OPS, "hostile", "GPL", code.data(), code.size(),
                      &options) >= 0)
      won("a scheduler");
  }
  btf__free(types);
}

// Millions of rounds, and as many in each, for which the kernel needs no callback since Linux 6.9.
[[maybe_unused]] static void loop_without_end() {
  const Code code{instruction(BPF_JMP | 0xe0, 0, 0, 1, 0),
                  instruction(BPF_JMP | BPF_JA, 0, 0, -2, 0), set(0, 0), leave()};
  if (load(BPF_PROG_TYPE_KPROBE, code) >= 0) won("a loop that the verifier does not follow");
}

// Where anybody could find it. That it was tried costs a line.
[[maybe_unused]] static void pin_things() {
  const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "hostile", 4, 4, 1, nullptr);
  for (const char* file : {"/sys/fs/bpf/hostile", "/tmp/hostile", "/dev/shm/hostile"})
    if (map >= 0 && bpf_obj_pin(map, file) == 0) won(file);
  close(map);
}

// Maps of 16 MiB, until there are no more.
[[maybe_unused]] static void fill_memory_with_maps() {
  for (int i = 0; i < 256; i++)
    if (bpf_map_create(BPF_MAP_TYPE_ARRAY, "huge", 4, 4096, 4096, nullptr) < 0) return;
  won("4 GiB of maps");
}

[[maybe_unused]] static void quietly() {
  libbpf_set_print(nullptr);
  deny_calls();
  send_signals();
  change_others();
  take_the_tracers();
  load_other_kinds();
  loop_without_end();
}

}  // namespace attack
