/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Page faults of traced tasks, from user space and from the kernel on their behalf. */
#include "shmpath.bpf.h"

static __always_inline int fault(unsigned long address, struct pt_regs *regs, u32 error,
                                 u32 in_kernel)
{
  u64 id = traced_task();
  if (!id) return 0;
  struct fault *rec = START_RECORD(fault, id, REC_FAULT);
  if (!rec) return 0;
  rec->address = address;
  rec->ip = regs->ip;
  rec->error_code = error;
  rec->in_kernel = in_kernel;
  SUBMIT(rec);
  return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(page_fault_user, unsigned long address, struct pt_regs *regs, unsigned long error)
{
  return fault(address, regs, error, 0);
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(page_fault_kernel, unsigned long address, struct pt_regs *regs, unsigned long error)
{
  return fault(address, regs, error, 1);
}
