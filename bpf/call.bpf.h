/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A call, of libc or of the kernel: its entry with its strings, and its return
 * with the strings that were not resident at entry and the buffer it filled.
 */
#ifndef SHMPATH_BPF_CALL_H
#define SHMPATH_BPF_CALL_H

#include "shmpath.bpf.h"
#include "layout.h"

typedef struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct data);
} data_scratch_map;
data_scratch_map data_scratch __weak SEC(".maps");

/* Strings that could not be read when the call began. */
struct late_key {
  u32 tid;
  u32 kind; /* of the entry record */
};
struct late_strings {
  u64 args[MAX_CALL_ARGS];
  u32 mask;
  u32 padding;
};
typedef struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct late_key);
  __type(value, struct late_strings);
} late_map;
late_map late __weak SEC(".maps");

#define FROM_KERNEL ~0U /* as a length: a string, which the kernel has */

static __always_inline int read_data(struct data *data, u64 address, u32 length)
{
  if (length == FROM_KERNEL)
    return bpf_probe_read_kernel_str(data->bytes, MAX_DATA, (void *)address);
  if (data->is_string) return bpf_probe_read_user_str(data->bytes, MAX_DATA, (void *)address);
  if (length > MAX_DATA) length = MAX_DATA;
  long failed = bpf_probe_read_user(data->bytes, length, (void *)address);
  return failed ? failed : length;
}

/* Sends a string (length 0 or FROM_KERNEL) or a buffer. Returns 0 when it could not be read. */
static __always_inline int send_data(u64 id, u32 arg, u64 address, u32 length, int at_exit)
{
  u32 zero = 0;
  struct data *data = bpf_map_lookup_elem(&data_scratch, &zero);
  struct cpu_counts *mine = cpu_counts();
  if (!data || !mine) return 0;
  data->arg = arg;
  data->at_exit = at_exit;
  data->is_string = length == 0 || length == FROM_KERNEL;
  int got = read_data(data, address, length);
  data->status = got < 0 ? DATA_UNREAD : got == MAX_DATA && data->is_string ? DATA_CUT : DATA_READ;
  u32 bytes = got < 0 ? 0 : got;
  if (bytes > MAX_DATA) bytes = MAX_DATA;
  data->length = data->is_string && bytes ? bytes - 1 : bytes;
  u32 size = __builtin_offsetof(struct data, bytes) + bytes;
  fill_head(&data->head, id, REC_DATA, size);
  mine->attempted++;
  if (bpf_ringbuf_output(&ring, data, size, BPF_RB_NO_WAKEUP)) count_lost(mine);
  return got >= 0;
}

static __always_inline void send_strings(u64 id, u16 kind, u32 strings, const u64 *args)
{
  u32 unread = 0;
#pragma unroll
  for (int i = 0; i < MAX_CALL_ARGS; i++)
    if (strings & (1 << i) && args[i] && !send_data(id, i, args[i], 0, 0)) unread |= 1 << i;
  if (!unread) return;
  struct late_key key = {.tid = (u32)id, .kind = kind};
  struct late_strings again = {.mask = unread};
  __builtin_memcpy(again.args, args, sizeof(again.args));
  bpf_map_update_elem(&late, &key, &again, BPF_ANY);
}

static __always_inline void send_late_strings(u64 id, u16 entry_kind)
{
  struct late_key key = {.tid = (u32)id, .kind = entry_kind};
  struct late_strings *again = bpf_map_lookup_elem(&late, &key);
  if (!again) return;
#pragma unroll
  for (int i = 0; i < MAX_CALL_ARGS; i++)
    if (again->mask & (1 << i)) send_data(id, i, again->args[i], 0, 1);
  bpf_map_delete_elem(&late, &key);
}

/* After an exec, what the caller's addresses led to is gone. The name that execve was given the
 * kernel has kept. */
static __always_inline void send_late_at_exec(u64 id, u32 old_tid, const char *filename)
{
  struct late_key key = {.tid = old_tid, .kind = REC_SYSCALL_ENTER};
  struct late_strings *again = bpf_map_lookup_elem(&late, &key);
  if (!again) return;
  if (again->mask & 1) send_data(id, 0, (u64)filename, FROM_KERNEL, 1);
  bpf_map_delete_elem(&late, &key);
}

static __always_inline void enter_call(u64 id, u16 kind, u16 flags, u32 number, u32 strings,
                                       const u64 *args)
{
  if (strings) send_strings(id, kind, strings, args);
  struct call_enter *rec = START_RECORD(call_enter, id, kind);
  if (!rec) return;
  rec->head.flags = flags;
  rec->id = number;
  rec->strings = strings;
  __builtin_memcpy(rec->args, args, sizeof(rec->args));
  SUBMIT(rec);
}

static __always_inline void exit_call(u64 id, u16 kind, u16 flags, u32 number, s64 ret)
{
  struct call_exit *rec = START_RECORD(call_exit, id, kind);
  if (!rec) return;
  rec->head.flags = flags;
  rec->id = number;
  rec->padding = 0;
  rec->ret = ret;
  SUBMIT(rec);
}

#endif
