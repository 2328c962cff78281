/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What BPF of a submission the grading VM takes: enough to observe and to count. CAP_BPF and
 * CAP_PERFMON alone would let it deny the judge a file, a call or a signal's absence, answer the
 * tracer's system calls, or set the registers of a process of root.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Debian 12's linux/bpf.h ends before Linux 6.2; what it has is not repeated. */
#define MOST_INSTRUCTIONS 1024

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_prog_aux {
  _Bool kprobe_write_ctx; /* since Linux 6.18: sets the registers of what runs into its uprobe */
};
struct bpf_prog {
  __u32 len;
  struct bpf_prog_aux *aux;
  struct bpf_insn insnsi[0];
};
#pragma clang attribute pop

#define MOST_HELPERS 8
const volatile __u32 refused[MOST_HELPERS] = {}; /* distances from __bpf_call_base; 0: none */
const volatile __u32 submitter = 0;              /* whose calls are looked at */
__u32 tried = 0; /* and whose, by its process: the guard's own attempts */

static __always_inline int is_guarded(void)
{
  return (__u32)bpf_get_current_uid_gid() == submitter ||
         (tried && bpf_get_current_pid_tgid() >> 32 == tried);
}

/* bpf_attr is the kernel's copy; where its fields are is the same for ever. */
#define FIELD(attr, field)                                                                   \
  ({                                                                                         \
    __u32 value = ~0U;                                                                       \
    bpf_probe_read_kernel(&value, sizeof(value),                                             \
                          (const char *)(attr) + __builtin_offsetof(union bpf_attr, field)); \
    value;                                                                                   \
  })

static __always_inline int may_load(const union bpf_attr *attr)
{
  __u32 attach = FIELD(attr, expected_attach_type);
  switch (FIELD(attr, prog_type)) {
    case BPF_PROG_TYPE_SOCKET_FILTER: /* libbpf tries with these what the kernel can do */
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_PERF_EVENT:
      return 1;
    case BPF_PROG_TYPE_KPROBE:
      return attach == 0 || attach == BPF_TRACE_KPROBE_MULTI;
    case BPF_PROG_TYPE_TRACING:
      return attach == BPF_TRACE_FENTRY || attach == BPF_TRACE_FEXIT || attach == BPF_TRACE_RAW_TP;
    default:
      return 0;
  }
}

static __always_inline int may_link(const union bpf_attr *attr)
{
  switch (FIELD(attr, link_create.attach_type)) {
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT:
    case BPF_TRACE_RAW_TP:
    case BPF_TRACE_KPROBE_MULTI:
    case BPF_PERF_EVENT:
      return 1;
    default:
      return 0;
  }
}

static __always_inline int may_call(int command, const union bpf_attr *attr)
{
  switch (command) {
    case BPF_PROG_LOAD:
      return may_load(attr);
    case BPF_LINK_CREATE:
      return may_link(attr);
    case BPF_MAP_CREATE:
    case BPF_MAP_LOOKUP_ELEM:
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_DELETE_ELEM:
    case BPF_MAP_GET_NEXT_KEY:
    case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
    case BPF_MAP_LOOKUP_BATCH:
    case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
    case BPF_MAP_UPDATE_BATCH:
    case BPF_MAP_DELETE_BATCH:
    case BPF_MAP_FREEZE:
    case BPF_OBJ_GET_INFO_BY_FD:
    case BPF_OBJ_PIN: /* the file system for that is closed */
    case BPF_OBJ_GET:
    case BPF_BTF_LOAD:
    case BPF_RAW_TRACEPOINT_OPEN:
    case BPF_PROG_BIND_MAP:
      return 1;
    default:
      return 0;
  }
}

SEC("lsm/bpf")
int BPF_PROG(look_at_call, int command, union bpf_attr *attr)
{
  if (!is_guarded()) return 0;
  return may_call(command, attr) ? 0 : -EPERM;
}

#define MAY_GOTO (BPF_JMP | 0xe0) /* since Linux 6.9: a loop of millions of rounds */
#define LOAD_IMMEDIATE (BPF_LD | BPF_IMM | BPF_DW)

/*
 * Whether the instruction at that address is one that must not be. After the verifier the number of
 * a helper has become its distance from __bpf_call_base, and bpf_loop may be no call any more; what
 * it calls back is still loaded. A function that is verified by itself, or the verifier would
 * follow all its branches anew for each instruction.
 */
__attribute__((noinline)) int is_refused(__u64 address)
{
  struct bpf_insn instruction;
  if (bpf_probe_read_kernel(&instruction, sizeof(instruction), (const void *)address)) return 1;
  if (instruction.code == MAY_GOTO) return 1;
  if (instruction.code == LOAD_IMMEDIATE) return instruction.src_reg == BPF_PSEUDO_FUNC;
  if (instruction.code != (BPF_JMP | BPF_CALL) || instruction.src_reg == BPF_PSEUDO_CALL) return 0;
  if (instruction.src_reg) return 1; /* a function of the kernel itself */
  for (int i = 0; i < MOST_HELPERS; i++)
    if (refused[i] && refused[i] == (__u32)instruction.imm) return 1;
  return 0;
}

/* The first argument is read, not taken: of a pointer that the verifier knows, it reckons no
 * address. */
static __always_inline struct bpf_prog *program_of(const unsigned long long *ctx)
{
  struct bpf_prog *program = 0;
  bpf_probe_read_kernel(&program, sizeof(program), ctx);
  return program;
}

static __always_inline int look_at_instructions(const struct bpf_prog *program)
{
  __u32 length = MOST_INSTRUCTIONS + 1;
  bpf_core_read(&length, sizeof(length), &program->len);
  if (length > MOST_INSTRUCTIONS) return -EPERM;
  __u64 instructions = (__u64)&program->insnsi;
  for (__u32 i = 0; i < MOST_INSTRUCTIONS && i < length; i++)
    if (is_refused(instructions + i * sizeof(struct bpf_insn))) return -EPERM;
  return 0;
}

/* Before the verifier, which makes other instructions of MAY_GOTO. */
SEC("lsm/bpf_prog_load")
int look_before(unsigned long long *ctx)
{
  return is_guarded() ? look_at_instructions(program_of(ctx)) : 0;
}

SEC("lsm/bpf_prog")
int look_after(unsigned long long *ctx)
{
  if (!is_guarded()) return 0;
  struct bpf_prog *program = program_of(ctx);
  if (bpf_core_field_exists(program->aux->kprobe_write_ctx) &&
      BPF_CORE_READ(program, aux, kprobe_write_ctx))
    return -EPERM;
  return look_at_instructions(program);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
