/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The C library's functions, and the step markers of the labs. */
#include "call.bpf.h"
#include <stdbool.h> /* usdt.bpf.h takes it from vmlinux.h, which we have not */
#include <bpf/usdt.bpf.h>

#define SIGSTOP 19 /* on every architecture but MIPS, Alpha and SPARC */

struct call_layout user_layout[MAX_USER_CALLS] __weak;

static __always_inline int enter_user(struct pt_regs *ctx, u32 index)
{
  u64 id = traced_task();
  if (!id) return 0;
  u64 args[MAX_CALL_ARGS] = {PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx),
                             PT_REGS_PARM4(ctx), PT_REGS_PARM5(ctx), ctx->r9};
  enter_call(id, REC_USER_ENTER, 0, index, user_layout[below(index, MAX_USER_CALLS)].strings, args);
  return 0;
}

static __always_inline int leave_user(struct pt_regs *ctx, u32 index)
{
  u64 id = traced_task();
  if (!id) return 0;
  if (user_layout[below(index, MAX_USER_CALLS)].strings) send_late_strings(id, REC_USER_ENTER);
  exit_call(id, REC_USER_EXIT, 0, index, PT_REGS_RC(ctx));
  return 0;
}

/* One program for all functions, where the kernel can attach it to many at once ... */
SEC("uprobe")
int user_multi_enter(struct pt_regs *ctx) { return enter_user(ctx, bpf_get_attach_cookie(ctx)); }

SEC("uretprobe")
int user_multi_exit(struct pt_regs *ctx) { return leave_user(ctx, bpf_get_attach_cookie(ctx)); }

/* ... else patterns, of which each function has a copy. */
SEC("uprobe")
int user_enter(struct pt_regs *ctx) { return enter_user(ctx, own_number()); }

SEC("uretprobe")
int user_exit(struct pt_regs *ctx) { return leave_user(ctx, own_number()); }

u32 stop_at_steps __weak; /* 1: a process waits at its step until the tracer lets it go on */

SEC("usdt")
int BPF_USDT(step_marker, u32 number, const char *text)
{
  u64 id = traced_task();
  if (!id) return 0;
  struct step_mark *rec = START_RECORD(step_mark, id, REC_STEP);
  if (!rec) return 0;
  rec->number = number;
  long length = bpf_probe_read_user_str(rec->text, sizeof(rec->text), text);
  rec->length = length > 0 ? length - 1 : 0;
  /* Taken before the program runs on: signals are looked at on the way back to user space. */
  if (stop_at_steps && !bpf_send_signal(SIGSTOP)) rec->head.flags |= STEP_STOPPED;
  SUBMIT(rec);
  return 0;
}
