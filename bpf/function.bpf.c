/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Kernel functions: entry with the arguments that matter, return with the value.
 *
 * The programs are patterns. The tracer loads a copy for each function, with the
 * function's number written into it; only kprobe-multi needs one copy for all.
 */
#include "function.bpf.h"

/* bpf_get_func_arg() and bpf_get_func_ret() read what the trampoline saved. */
static __always_inline u64 traced_arg(void *ctx, u32 n)
{
  u64 value = 0;
  bpf_get_func_arg(ctx, n, &value);
  return value;
}

SEC("fentry/handle_mm_fault")
int function_fentry(void *ctx) { return enter_function(ctx, own_number(), traced_arg); }

SEC("fexit/handle_mm_fault")
int function_fexit(void *ctx)
{
  u64 ret = 0;
  bpf_get_func_ret(ctx, &ret);
  return leave_function(own_number(), ret);
}

/* The barrier keeps each load apart: the verifier allows none at a computed place of the context.
 */
#define LOADED(value)       \
  ({                        \
    u64 loaded = (value);   \
    asm("" : "+r"(loaded)); \
    loaded;                 \
  })
static __always_inline u64 register_arg(void *ctx, u32 n)
{
  struct pt_regs *regs = ctx;
  switch (n) {
    case 0:
      return LOADED(PT_REGS_PARM1(regs));
    case 1:
      return LOADED(PT_REGS_PARM2(regs));
    case 2:
      return LOADED(PT_REGS_PARM3(regs));
    case 3:
      return LOADED(PT_REGS_PARM4(regs));
    case 4:
      return LOADED(PT_REGS_PARM5(regs));
    default:
      return LOADED(regs->r9);
  }
}

SEC("kprobe")
int function_kprobe(struct pt_regs *ctx) { return enter_function(ctx, own_number(), register_arg); }

SEC("kretprobe")
int function_kretprobe(struct pt_regs *ctx)
{
  return leave_function(own_number(), PT_REGS_RC(ctx));
}

SEC("kprobe.multi")
int function_multi_enter(struct pt_regs *ctx)
{
  return enter_function(ctx, bpf_get_attach_cookie(ctx), register_arg);
}

SEC("kretprobe.multi")
int function_multi_exit(struct pt_regs *ctx)
{
  return leave_function(bpf_get_attach_cookie(ctx), PT_REGS_RC(ctx));
}

/* A module that comes may bring documented functions: the tracer then looks for them. */
SEC("raw_tp/module_load")
int BPF_PROG(module_load, struct module *mod)
{
  struct task_change *rec = START_RECORD(task_change, bpf_get_current_pid_tgid(), REC_MODULE);
  if (!rec) return 0;
  rec->a = rec->b = 0;
  if (bpf_probe_read_kernel_str(rec->comm, sizeof(rec->comm),
                                (const char *)mod + bpf_core_field_offset(struct module, name)) < 0)
    rec->comm[0] = 0;
  SUBMIT(rec);
  return 0;
}
