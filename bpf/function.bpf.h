/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The entry and the return of a kernel function, however it is probed, and what
 * is read of the structures its arguments point to.
 */
#ifndef SHMPATH_BPF_FUNCTION_H
#define SHMPATH_BPF_FUNCTION_H

#include "shmpath.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct module {
  char name[56];
};
struct file {
  struct inode *f_inode;
};
struct vm_fault {
  unsigned long address;
  unsigned long pgoff;
  unsigned int flags; /* before 5.14 */
};
struct vm_fault___named {
  enum fault_flag { FAULT_FLAG_WRITE = 1 } flags;
};
struct vm_area_struct {
  unsigned long vm_start, vm_end;
};
struct qstr {
  const unsigned char *name;
};
struct dentry {
  struct qstr d_name;
};
struct dma_buf_export_info {
  const char *exp_name;
  unsigned long size;
  int flags;
};
struct dma_buf {
  unsigned long size;
  struct file *file;
  const char *exp_name;
};
struct kobject {
  const char *name;
};
struct device {
  struct kobject kobj;
  const char *init_name;
};
struct dma_buf_attachment {
  struct dma_buf *dmabuf;
  struct device *dev;
};
struct ipc_params {
  int key;
  int flg;
  union {
    unsigned long size;
  } u;
};
struct kern_ipc_perm {
  int id;
  int key;
};
struct iattr {
  unsigned int ia_valid;
  long long ia_size;
};
#pragma clang attribute pop

struct function_layout function_layout[MAX_FUNCTIONS] __weak;
u32 function_callers __weak; /* record who called each function */

static __always_inline void take_text(u64 *values, const void *text)
{
  if (bpf_probe_read_kernel_str(values, TEXT_VALUES * sizeof(u64), text) < 0) values[0] = 0;
}

static __always_inline u64 inode_of(const void *file)
{
  return READ(struct inode, READ(struct file, file, f_inode), i_ino);
}

static __always_inline void take_folio(u64 *values, u64 address)
{
  struct folio_facts folio;
  read_folio(&folio, address);
  values[0] = address;
  values[1] = folio.flags;
  values[2] = object_of(folio.mapping);
  values[3] = values[2] ? folio.index : 0;
}

static __always_inline void take_fault(u64 *values, const void *fault)
{
  values[0] = READ(struct vm_fault, fault, address);
  values[1] = READ(struct vm_fault, fault, pgoff);
  values[2] = bpf_core_field_exists(((struct vm_fault *)0)->flags)
                  ? READ(struct vm_fault, fault, flags)
                  : (u32)READ(struct vm_fault___named, fault, flags);
}

static __always_inline void take_dma_buf(u64 *values, const void *buf)
{
  values[0] = READ(struct dma_buf, buf, size);
  values[1] = inode_of(READ(struct dma_buf, buf, file));
  take_text(values + 2, READ(struct dma_buf, buf, exp_name));
}

static __always_inline void take_device(u64 *values, const void *device)
{
  const char *name = READ(struct device, device, init_name);
  if (!name) name = READ(struct device, device, kobj.name);
  take_text(values, name);
}

/* `wide`, a constant where it is inlined; 0: leave out what takes more than FEW_FUNCTION_VALUES. */
static __always_inline void take_arg(u64 *values, u32 take, u64 arg, int wide)
{
  void *at = (void *)arg;
  switch (take) {
    case TAKE_VALUE:
      values[0] = arg;
      break;
    case TAKE_FOLIO:
      take_folio(values, arg);
      break;
    case TAKE_INODE:
      values[0] = READ(struct inode, at, i_ino);
      break;
    case TAKE_FILE:
      values[0] = inode_of(at);
      break;
    case TAKE_MAPPING:
      values[0] = READ(struct inode, READ(struct address_space, at, host), i_ino);
      break;
    case TAKE_FAULT:
      take_fault(values, at);
      break;
    case TAKE_VMA:
      values[0] = READ(struct vm_area_struct, at, vm_start);
      values[1] = READ(struct vm_area_struct, at, vm_end);
      break;
    case TAKE_DENTRY:
      take_text(values, READ(struct dentry, at, d_name.name));
      break;
    case TAKE_TEXT:
      take_text(values, at);
      break;
    case TAKE_EXPORT:
      if (!wide || !bpf_core_type_exists(struct dma_buf_export_info)) break;
      values[0] = READ(struct dma_buf_export_info, at, size);
      values[1] = (s64)READ(struct dma_buf_export_info, at, flags);
      take_text(values + 2, READ(struct dma_buf_export_info, at, exp_name));
      break;
    case TAKE_DMA_BUF:
      if (!wide || !bpf_core_type_exists(struct dma_buf)) break;
      take_dma_buf(values, at);
      break;
    case TAKE_DEVICE:
      take_device(values, at);
      break;
    case TAKE_ATTACHMENT:
      if (!wide || !bpf_core_type_exists(struct dma_buf_attachment)) break;
      take_dma_buf(values, READ(struct dma_buf_attachment, at, dmabuf));
      take_device(values + 2 + TEXT_VALUES, READ(struct dma_buf_attachment, at, dev));
      break;
    case TAKE_IPC_PARAMS:
      values[0] = (u32)READ(struct ipc_params, at, key);
      values[1] = (u32)READ(struct ipc_params, at, flg);
      values[2] = READ(struct ipc_params, at, u.size);
      break;
    case TAKE_IPC_PERM:
      values[0] = (u32)READ(struct kern_ipc_perm, at, id);
      values[1] = (u32)READ(struct kern_ipc_perm, at, key);
      break;
    case TAKE_IATTR:
      values[0] = READ(struct iattr, at, ia_valid);
      values[1] = READ(struct iattr, at, ia_size);
      break;
  }
}

typedef u64 read_argument(void *ctx, u32 n);

/* The tracer lays the values out so that they fit; the bound is for the verifier. */
static __always_inline void take_args(void *ctx, struct function_enter *rec,
                                      struct function_layout *layout, read_argument *read, u32 room)
{
  for (u32 i = 0; i < MAX_FUNCTION_ARGS; i++) {
    if (i >= layout->args) break;
    struct function_arg *arg = &layout->arg[i];
    u32 at = arg->at;
    if (at < room)
      take_arg(&rec->values[at], arg->take, read(ctx, arg->reg), room == MAX_FUNCTION_VALUES);
  }
}

/* A value may begin at the last place of a small record and take four. */
#define SMALL_BYTES(room)                              \
  (__builtin_offsetof(struct function_enter, values) + \
   ((room) + FEW_FUNCTION_VALUES - 1) * sizeof(u64))

static __always_inline struct function_enter *small_record(void *ctx, u64 id,
                                                           struct function_layout *layout,
                                                           read_argument *read, u32 room)
{
  struct function_enter *rec = start_record(id, REC_FUNCTION_ENTER, SMALL_BYTES(room));
  if (!rec) return 0;
  take_args(ctx, rec, layout, read, room);
  rec->callers = 0;
  return rec;
}

static __always_inline int enter_function(void *ctx, u32 number, read_argument *read)
{
  u64 id = traced_task();
  if (!id || number >= MAX_FUNCTIONS) return 0;
  struct function_layout *layout = &function_layout[below(number, MAX_FUNCTIONS)];
  struct function_enter *rec;
  int small = !layout->wide && !function_callers;
  if (small && layout->values <= FEW_FUNCTION_VALUES) {
    rec = small_record(ctx, id, layout, read, FEW_FUNCTION_VALUES);
    if (!rec) return 0;
  } else if (small && layout->values <= SOME_FUNCTION_VALUES) {
    rec = small_record(ctx, id, layout, read, SOME_FUNCTION_VALUES);
    if (!rec) return 0;
  } else {
    rec = start_record(id, REC_FUNCTION_ENTER, sizeof(*rec));
    if (!rec) return 0;
    take_args(ctx, rec, layout, read, MAX_FUNCTION_VALUES);
    int bytes = function_callers ? bpf_get_stack(ctx, rec->caller, sizeof(rec->caller), 0) : 0;
    rec->callers = bytes > 0 ? (u32)bytes / sizeof(u64) : 0;
  }
  rec->id = number;
  SUBMIT(rec);
  return 0;
}

static __always_inline int leave_function(u32 number, s64 ret)
{
  u64 id = traced_task();
  if (!id) return 0;
  struct call_exit *rec = START_RECORD(call_exit, id, REC_FUNCTION_EXIT);
  if (!rec) return 0;
  rec->id = number;
  rec->padding = 0;
  rec->ret = ret;
  SUBMIT(rec);
  return 0;
}

#endif
