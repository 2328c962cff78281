/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Page faults of traced tasks, from user space and from the kernel on their behalf. */
#include "shmpath.bpf.h"

/* (address, regs, error_code) */
static __always_inline void fault(u64 *ctx, u32 in_kernel)
{
  u64 id = traced_task();
  if (!id) return;
  struct fault *rec = START_RECORD(fault, id, REC_FAULT);
  if (!rec) return;
  struct pt_regs *regs = (void *)ctx[1];
  rec->address = ctx[0];
  rec->ip = regs->ip;
  rec->error_code = ctx[2];
  rec->in_kernel = in_kernel;
  SUBMIT(rec);
}

static __always_inline void on_page_fault_user(u64 *ctx) { fault(ctx, 0); }
TRACEPOINT("tp_btf", page_fault_user, AT_FAULT_USER)

static __always_inline void on_page_fault_kernel(u64 *ctx) { fault(ctx, 1); }
TRACEPOINT("tp_btf", page_fault_kernel, AT_FAULT_KERNEL)
