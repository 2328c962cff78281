/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What every program here begins with: is this task traced, and how does a
 * record reach the ring. Maps are weak: the linker makes one of each.
 */
#ifndef SHMPATH_BPF_H
#define SHMPATH_BPF_H

#include "arch.h"
#include "event.h"
#include "layout.h"
/* after event.h, which brings the fixed-width types */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kernel_types.bpf.h"

typedef struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __type(key, u32);   /* tgid */
  __type(value, u32); /* TASK_* */
} tracked_map;
tracked_map tracked __weak SEC(".maps");

typedef struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 24); /* bytes; the tracer may ask for another size */
} ring_map;
ring_map ring __weak SEC(".maps");

typedef struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct cpu_counts);
} counts_map;
counts_map counts __weak SEC(".maps");

static __always_inline struct cpu_counts *cpu_counts(void)
{
  u32 zero = 0;
  return bpf_map_lookup_elem(&counts, &zero);
}

/* n, surely below `size`, a power of two: older verifiers forget a comparison made before, and the
 * compiler, which does not, would leave the mask out. */
static __always_inline u32 below(u32 n, u32 size)
{
  asm volatile("" : "+r"(n));
  return n & (size - 1);
}

u32 traced_slot[SLOTS] __weak;

static __always_inline u32 *slot_of(u32 tgid) { return &traced_slot[below(tgid, SLOTS)]; }

/* pid_tgid of the current task when it is traced, else 0 */
static __always_inline u64 traced_task(void)
{
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  u32 slot = *slot_of(tgid);
  if (!slot) return 0;
  if (slot == tgid) return id;
  u32 *state = bpf_map_lookup_elem(&tracked, &tgid);
  return state && *state >= TASK_LIVE ? id : 0;
}

/*
 * A tracepoint's program, three times. Since Linux 7 a task can lose its CPU in the middle of one,
 * and until it is back the kernel runs that program for no other task there: their hits are missed.
 * Where that is so, a second program is attached that does what the first could not, and a third
 * for what both could not. Each marks the hit as done, by the thread's place in done_for; the last
 * takes the mark away. on_NAME does what is to be done.
 */
enum tracepoint {
  AT_SYS_ENTER,
  AT_SYS_EXIT,
  AT_FAULT_USER,
  AT_FAULT_KERNEL,
  AT_PAGE_ALLOC,
  AT_LRU_INSERTION,
  AT_UNMAPPED_AREA,
  AT_FORK,
  AT_EXEC,
  AT_EXIT,
  AT_FREE,
  TRACEPOINTS
};
#define HIT_SLOTS 4096
u32 done_for[TRACEPOINTS * HIT_SLOTS] __weak; /* thread ids */
const volatile u32 preemptible __weak = 0;

static __always_inline u32 *hit_slot(enum tracepoint at)
{
  return &done_for[at * HIT_SLOTS + below(bpf_get_current_pid_tgid(), HIT_SLOTS)];
}

static __always_inline int take_hit(enum tracepoint at)
{
  u32 *slot = hit_slot(at);
  u32 tid = bpf_get_current_pid_tgid();
  if (*slot == tid) return 0;
  *slot = tid;
  struct cpu_counts *mine = cpu_counts();
  if (mine) mine->made_good++;
  return 1;
}

#define TRACEPOINT(section, name, at)                            \
  SEC(section "/" #name) int name(u64 *ctx)                      \
  {                                                              \
    if (preemptible) *hit_slot(at) = bpf_get_current_pid_tgid(); \
    on_##name(ctx);                                              \
    return 0;                                                    \
  }                                                              \
  SEC(section "/" #name) int name##_second(u64 *ctx)             \
  {                                                              \
    if (take_hit(at)) on_##name(ctx);                            \
    return 0;                                                    \
  }                                                              \
  SEC(section "/" #name) int name##_third(u64 *ctx)              \
  {                                                              \
    if (take_hit(at)) on_##name(ctx);                            \
    *hit_slot(at) = 0;                                           \
    return 0;                                                    \
  }

/* After the map says that it is live; and before the map says that it is gone. */
static __always_inline void take_slot(u32 tgid) { *slot_of(tgid) = tgid; }

static __always_inline void give_slot(u32 tgid)
{
  u32 *slot = slot_of(tgid);
  if (*slot == tgid) *slot = SLOT_SHARED;
}

/* 1: this kernel has bpf_rdonly_cast(), by which a program reads its memory as C does; else a
 * helper reads, which costs more. */
const volatile u32 direct_reads __weak = 0;
extern void *bpf_rdonly_cast(const void *address, u32 type) __ksym __weak;

/* A number of 4 or 8 bytes at any address of the kernel; 0 where there is none. struct pt_regs is
 * but a type that every kernel has and that consists of plain words. */
static __always_inline u64 kernel_number(const void *address, u32 bytes)
{
  if (direct_reads) {
    struct pt_regs *at = bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct pt_regs));
    return bytes == sizeof(u64) ? at->r15 : *(u32 *)&at->r15;
  }
  u64 number = 0;
  bpf_probe_read_kernel(&number, bytes, address);
  return number;
}

/* READ(struct inode, address, i_ino): a member of 4 or 8 bytes, wherever this kernel has it */
#define READ(type, address, member)            \
  ((typeof(((type *)0)->member))kernel_number( \
      (const char *)(address) + bpf_core_field_offset(type, member), sizeof(((type *)0)->member)))

/* The number of the inode whose page cache this is; 0 for an anonymous page, whose low bits are set
 * (include/linux/page-flags.h: PAGE_MAPPING_FLAGS). */
static __always_inline u64 object_of(const void *mapping)
{
  if (!mapping || (u64)mapping & 3) return 0;
  return READ(struct inode, READ(struct address_space, mapping, host), i_ino);
}

struct folio_facts {
  u64 flags;
  const void *mapping; /* whose page it is */
  u64 index;           /* and which of its pages */
};

static __always_inline void read_folio(struct folio_facts *facts, u64 address)
{
  facts->flags = kernel_number((void *)address, sizeof(u64)); /* the first of both */
  if (bpf_core_type_exists(struct folio)) {
    facts->mapping = READ(struct folio, address, mapping);
    facts->index = READ(struct folio, address, index);
  } else {
    facts->mapping = READ(struct page, address, mapping);
    facts->index = READ(struct page, address, index);
  }
}

/* In a pattern: the number that the tracer writes into each copy (tracer/mechanism.cpp). */
static __always_inline u32 own_number(void)
{
  u64 number;
  asm volatile("%0 = 0x5eed0fac ll" : "=r"(number));
  return number;
}

static __always_inline void fill_head(struct record *head, u64 id, u16 kind, u32 size)
{
  head->t = bpf_ktime_get_ns();
  head->tgid = id >> 32;
  head->tid = (u32)id;
  head->kind = kind;
  head->flags = 0;
  head->size = size;
}

/* Says how many records this CPU lost, in the place where they are missing. */
static __always_inline void tell_lost(struct cpu_counts *mine)
{
  struct lost *gap = bpf_ringbuf_reserve(&ring, sizeof(*gap), 0);
  if (!gap) return;
  fill_head(&gap->head, 0, REC_LOST, sizeof(*gap));
  gap->count = mine->untold;
  mine->untold = 0;
  bpf_ringbuf_submit(gap, BPF_RB_NO_WAKEUP);
}

static __always_inline void count_lost(struct cpu_counts *mine)
{
  mine->lost++;
  mine->untold++;
}

/*
 * Room for a record in the ring with its head filled in, or NULL: then it is
 * counted as lost. The reader looks by itself, so nobody is woken.
 */
static __always_inline void *start_record(u64 id, u16 kind, u32 size)
{
  struct cpu_counts *mine = cpu_counts();
  if (!mine) return 0;
  mine->attempted++;
  if (mine->untold) tell_lost(mine);
  void *room = bpf_ringbuf_reserve(&ring, size, 0);
  if (!room) {
    count_lost(mine);
    return 0;
  }
  fill_head(room, id, kind, size);
  return room;
}

#define START_RECORD(type, id, kind) \
  ((struct type *)start_record((id), (kind), sizeof(struct type)))
#define SUBMIT(rec) bpf_ringbuf_submit((rec), BPF_RB_NO_WAKEUP)

#endif
