/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel stack of this moment, as the key of a stack_record.
 *
 * Unwinding costs as much as a page fault, so a stack is unwound once: the
 * tracer then finds where its return addresses lie (tracer/learn.cpp) and puts
 * that into `known`. From then on the words at those places are compared, and
 * only a stack that differs in depth or in any return address is unwound. Why
 * this is exact is said in docs/architecture.md.
 */
#ifndef SHMPATH_BPF_STACK_H
#define SHMPATH_BPF_STACK_H

#include "shmpath.bpf.h"
#include "layout.h"

struct known_stack known[KNOWN_SETS * KNOWN_WAYS] __weak;
u32 verify_known __weak; /* tests: unwind all the same, and count where the two differ */

typedef struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, u64);
  __type(value, u32); /* how often it was unwound */
} stacks_map;
stacks_map stacks __weak SEC(".maps");

struct stack_scratch {
  u64 context;
  struct stack_record record;
  u64 words[MAX_STACK_COPY / 8];
};
typedef struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct stack_scratch);
} stack_scratch_map;
stack_scratch_map stack_scratch __weak SEC(".maps");

/* Bytes from the program's context, which lies on the kernel stack, to the stack's top; 0: not
 * there. */
static __always_inline u32 stack_depth(void *ctx, struct stack_scratch *s)
{
  struct task_struct *task = (void *)bpf_get_current_task();
  *(volatile u64 *)&s->context = (u64)ctx;
  u64 top = (u64)READ(struct task_struct, task, stack) + KERNEL_STACK_BYTES;
  u64 depth = top - *(volatile u64 *)&s->context;
  return depth <= MAX_STACK_COPY ? depth : 0;
}

static __always_inline u64 match_known(struct stack_scratch *s, u32 depth, u32 site)
{
  u32 set = KNOWN_SET(depth, site) * KNOWN_WAYS;
  for (u32 way = 0; way < KNOWN_WAYS; way++) {
    struct known_stack *k = &known[(set + way) & (KNOWN_SETS * KNOWN_WAYS - 1)];
    u32 count = k->count;
    u32 bytes = k->bytes;
    if (k->depth != depth || k->site != site || !count || !bytes || bytes > MAX_STACK_COPY)
      continue;
    if (bpf_probe_read_kernel(s->words, bytes, (void *)(s->context + k->first))) continue;
    u32 i = 0;
    for (; i < KNOWN_FRAMES && i < count; i++)
      if (s->words[k->word[i] & (MAX_STACK_COPY / 8 - 1)] != k->ip[i]) break;
    if (i == count) return k->key;
  }
  return 0;
}

/* The 8 bytes of code before each return address: they show which function was called there. */
static __always_inline void read_call_sites(struct stack_frames *frames)
{
  for (u32 i = 0; i < MAX_FRAMES && i < frames->count; i++)
    if (bpf_probe_read_kernel(&frames->call[i], 8, (void *)(frames->ip[i] - 8)))
      frames->call[i] = 0;
}

static __always_inline void send_sample(u64 id, struct stack_scratch *s, u64 key, u32 depth,
                                        u32 site)
{
  struct stack_sample *rec = START_RECORD(stack_sample, id, REC_STACK);
  if (!rec) return;
  rec->key = key;
  rec->depth = depth;
  rec->site = site;
  if (bpf_probe_read_kernel(rec->words, depth, (void *)s->context)) rec->depth = 0;
  SUBMIT(rec);
}

/* Sends a stack that is new; 0: there was no room. */
static __always_inline int send_stack(u64 id, struct stack_record *rec)
{
  struct cpu_counts *mine = cpu_counts();
  if (!mine) return 0;
  read_call_sites(&rec->frames);
  fill_head(&rec->head, id, REC_FRAMES, sizeof(*rec));
  mine->attempted++;
  if (!bpf_ringbuf_output(&ring, rec, sizeof(*rec), BPF_RB_NO_WAKEUP)) return 1;
  count_lost(mine);
  return 0;
}

/* How often it was unwound. NULL: the map is full, or busy under a task that lost its CPU; then the
 * stack is sent again when it comes again. */
static __always_inline u32 *remember_stack(u64 key)
{
  u32 times = 0;
  bpf_map_update_elem(&stacks, &key, &times, BPF_ANY);
  return bpf_map_lookup_elem(&stacks, &key);
}

static __always_inline u64 unwind(void *ctx, u64 id, struct stack_scratch *s, u32 depth, u32 site)
{
  struct stack_frames *frames = &s->record.frames;
  /* 1: without the frame of this program, whose address depends on where it asks from */
  int bytes = bpf_get_stack(ctx, frames->ip, sizeof(frames->ip), 1);
  if (bytes <= 0) return 0;
  frames->count = (u32)bytes / 8;
  u64 key = 0xcbf29ce484222325; /* FNV-1a, a word at a time */
  for (u32 i = 0; i < MAX_FRAMES && i < frames->count; i++)
    key = (key ^ frames->ip[i]) * 0x100000001b3 ^ key >> 29;
  if (!key) key = 1;
  s->record.key = key;
  u32 *times = bpf_map_lookup_elem(&stacks, &key);
  if (!times) {
    if (!send_stack(id, &s->record)) return 0;
    times = remember_stack(key);
  }
  if (!times || !depth) return key;
  /* the 1st, 2nd, 4th, 8th ... time: one of a burst may be hard to learn from, as are all of it */
  u32 now = ++*times;
  if (!(now & (now - 1))) send_sample(id, s, key, depth, site);
  return key;
}

static __always_inline u64 stack_key(void *ctx, u64 id, u32 site)
{
  u32 zero = 0;
  struct stack_scratch *s = bpf_map_lookup_elem(&stack_scratch, &zero);
  struct cpu_counts *mine = cpu_counts();
  if (!s || !mine) return 0;
  u32 depth = stack_depth(ctx, s);
  u64 key = depth ? match_known(s, depth, site) : 0;
  if (!key) {
    mine->unwound++;
    return unwind(ctx, id, s, depth, site);
  }
  mine->recognised++;
  if (verify_known && unwind(ctx, id, s, 0, site) != key) mine->mistaken++;
  return key;
}

#endif
