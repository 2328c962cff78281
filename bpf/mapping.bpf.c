/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Where mmap and shmat find room: the stack shows that both come through do_mmap. */
#include "stack.bpf.h"

#define SITE_UNMAPPED_AREA 3

SEC("raw_tp/vm_unmapped_area")
int BPF_PROG(vm_unmapped_area, unsigned long address, struct vm_unmapped_area_info *info)
{
  u64 id = traced_task();
  if (!id) return 0;
  u64 stack = stack_key(ctx, id, SITE_UNMAPPED_AREA);
  struct unmapped_area *rec = START_RECORD(unmapped_area, id, REC_UNMAPPED_AREA);
  if (!rec) return 0;
  rec->address = address;
  rec->length = BPF_CORE_READ(info, length);
  rec->stack = stack;
  SUBMIT(rec);
  return 0;
}
