/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef SHMPATH_BPF_KERNEL_TYPES_H
#define SHMPATH_BPF_KERNEL_TYPES_H

/* The kernel types that are read, and of them the fields that matter. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct thread_info {
  u32 status;
};
typedef struct {
  int counter;
} atomic_t;
struct signal_struct {
  atomic_t live;
};
struct user_namespace {
  int level; /* 0: the first */
};
typedef struct {
  u32 val;
} kuid_t;
typedef struct {
  u32 val;
} kgid_t;
typedef struct {
  u64 val;
} kernel_cap_t;
struct cred {
  kuid_t uid, suid, euid;
  kgid_t gid, sgid, egid;
  kernel_cap_t cap_permitted;
  struct user_namespace *user_ns;
};
struct task_struct {
  struct thread_info thread_info;
  void *stack;
  int pid;
  int tgid;
  int exit_code;
  char comm[16];
  struct signal_struct *signal;
  const struct cred *cred;
};
struct linux_binprm {
  const char *filename;
  unsigned int interp_flags;
};
struct inode {
  unsigned long i_ino;
};
struct address_space {
  struct inode *host;
};
struct folio {
  struct address_space *mapping;
  unsigned long index;
};
struct page { /* what a kernel without folios has instead */
  struct address_space *mapping;
  unsigned long index;
};
struct vm_unmapped_area_info {
  unsigned long length;
};
#pragma clang attribute pop

#endif
