/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Where mmap and shmat find room: the stack shows that both come through do_mmap. */
#include "stack.bpf.h"

#define SITE_UNMAPPED_AREA 3

/* (address, info) */
static __always_inline void on_vm_unmapped_area(u64 *ctx)
{
  u64 id = traced_task();
  if (!id) return;
  u64 stack = stack_key(ctx, id, SITE_UNMAPPED_AREA);
  struct unmapped_area *rec = START_RECORD(unmapped_area, id, REC_UNMAPPED_AREA);
  if (!rec) return;
  rec->address = ctx[0];
  rec->length = READ(struct vm_unmapped_area_info, ctx[1], length);
  rec->stack = stack;
  SUBMIT(rec);
}
TRACEPOINT("raw_tp", vm_unmapped_area, AT_UNMAPPED_AREA)
