/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Pages as they are allocated, and folios as they reach an LRU list. The second
 * comes when a CPU's batch is drained, often much later and in whatever task
 * happens to drain it; so the pages that traced tasks allocated are remembered,
 * and their insertion is recorded wherever it happens.
 */
#include "stack.bpf.h"

/* include/linux/gfp_types.h: pages of user memory, all bound for an LRU list */
#define GFP_MOVABLE 0x08
#define SITE_PAGE_ALLOC 1
#define SITE_LRU_INSERT 2

#define AWAITED 65536
u64 awaited_page[AWAITED] __weak;
u32 awaited_owner[AWAITED] __weak;

u32 silent_allocations __weak; /* only calibrate: the trace is narrowed to other things */
u32 calibrate_tgid __weak;     /* the tracer itself, while it learns where struct pages begin */
u64 calibration[CALIBRATION_PAGES] __weak;
u32 calibrated __weak;

static __always_inline u32 awaited_slot(u64 page)
{
  return (page >> 6) &
         (AWAITED - 1); /* struct page takes 64 bytes: neighbours get neighbouring slots */
}

/* include/linux/page-flags.h: the bits, under the names that have lasted */
enum pageflags {
  PG_swapbacked,
  PG_active,
  PG_unevictable,
};
u32 page_bytes __weak; /* sizeof(struct page) */
s32 bit_swapbacked __weak = -1;
s32 bit_active __weak = -1;
s32 bit_unevictable __weak = -1;

#define BIT_OF(flag)                                    \
  (bpf_core_enum_value_exists(enum pageflags, flag)     \
       ? (s32)bpf_core_enum_value(enum pageflags, flag) \
       : -1)

/* The tracer touches pages of its own and looks up their frame numbers: together with the
 * addresses noted here, that tells where the array of struct pages begins. */
static __always_inline void note_calibration(u64 page)
{
  u32 n = calibrated++;
  calibration[n & (CALIBRATION_PAGES - 1)] = page;
  page_bytes = bpf_core_type_size(struct page);
  bit_swapbacked = BIT_OF(PG_swapbacked);
  bit_active = BIT_OF(PG_active);
  bit_unevictable = BIT_OF(PG_unevictable);
}

/* (page, order, gfp flags, migrate type) */
static __always_inline void on_mm_page_alloc(u64 *ctx)
{
  u64 page = ctx[0];
  u32 gfp = ctx[2];
  if (calibrate_tgid && calibrate_tgid == bpf_get_current_pid_tgid() >> 32) note_calibration(page);
  if (!page || silent_allocations) return;
  u64 id = traced_task();
  if (!id) return;
  if (gfp & GFP_MOVABLE) {
    u32 slot = awaited_slot(page);
    awaited_page[slot] = page;
    awaited_owner[slot] = id >> 32;
  }
  u64 stack = stack_key(ctx, id, SITE_PAGE_ALLOC);
  struct page_alloc *rec = START_RECORD(page_alloc, id, REC_PAGE_ALLOC);
  if (!rec) return;
  rec->page = page;
  rec->stack = stack;
  rec->order = ctx[1];
  rec->gfp = gfp;
  SUBMIT(rec);
}
TRACEPOINT("raw_tp", mm_page_alloc, AT_PAGE_ALLOC)

/* (folio, or page) */
static __always_inline void on_mm_lru_insertion(u64 *ctx)
{
  u64 page = ctx[0];
  u32 slot = awaited_slot(page);
  u32 owner = awaited_page[slot] == page ? awaited_owner[slot] : 0;
  u64 id = traced_task();
  if (!id && !owner) return;
  if (owner) awaited_page[slot] = 0;
  u32 foreign = !id;
  if (foreign) id = bpf_get_current_pid_tgid();
  u64 stack = stack_key(ctx, id, SITE_LRU_INSERT);
  struct lru_insert *rec = START_RECORD(lru_insert, id, REC_LRU_INSERT);
  if (!rec) return;
  rec->page = page;
  rec->stack = stack;
  rec->owner = owner;
  rec->foreign = foreign;
  struct folio_facts folio;
  read_folio(&folio, page);
  rec->flags = folio.flags;
  rec->inode = object_of(folio.mapping);
  rec->index = rec->inode ? folio.index : 0;
  bpf_get_current_comm(rec->comm, sizeof(rec->comm));
  SUBMIT(rec);
}
TRACEPOINT("raw_tp", mm_lru_insertion, AT_LRU_INSERTION)
