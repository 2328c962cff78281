/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the two sides share besides records: what the tracer tells the programs
 * before they run, what it looks up while they run, and what they count.
 */
#ifndef SHMPATH_BPF_LAYOUT_H
#define SHMPATH_BPF_LAYOUT_H

#include "event.h"

#define TASK_HELD 1 /* waits on the pipe: its execve is the first event */
#define TASK_LIVE 2
#define TASK_ENDING 3 /* its last thread has come to sched_process_exit, and has more to do */

/* What is known of a tgid at a glance, in a slot that it may share with others: 0, none of them was
 * ever traced; else the one who is. The map decides only where this does not. */
#define SLOTS 65536
#define SLOT_SHARED 0xffffffff /* no tgid: others may be traced who share it */

struct cpu_counts {
  u64 attempted;  /* records that wanted to go into the ring */
  u64 lost;       /* refused: the ring was full */
  u64 untold;     /* lost since the last `lost` record */
  u64 recognised; /* stacks that need not be unwound */
  u64 unwound;
  u64 mistaken;  /* with verify_known: recognised as another than they were */
  u64 made_good; /* hits that one program missed and the next did */
};

/* Of one call, filled from the tables in tracer/calls*. */
struct call_layout {
  u8 strings;    /* bit i: argument i is a string */
  u8 buffer_arg; /* 1 + the argument that points to a buffer, 0: none */
  u16 buffer_bytes;
};

/* What is taken from an argument of a kernel function, and how many values that gives. */
#define TAKE_VALUE 1 /* 1: the argument itself */
#define TAKE_FOLIO \
  2 /* 4: address, flags, inode number, index; of a struct page where there are no folios */
#define TAKE_INODE 3    /* 1: inode number */
#define TAKE_FILE 4     /* 1: inode number */
#define TAKE_MAPPING 5  /* 1: number of the inode that hosts it */
#define TAKE_FAULT 6    /* 3: address, pgoff, flags of a struct vm_fault */
#define TAKE_VMA 7      /* 2: start, end */
#define TAKE_DENTRY 8   /* TEXT_VALUES: the first bytes of its name */
#define TAKE_EXPORT 9   /* 2 + TEXT_VALUES: size, flags, exp_name of a struct dma_buf_export_info */
#define TAKE_DMA_BUF 10 /* 2 + TEXT_VALUES: size, inode number, exp_name */
#define TAKE_DEVICE 11  /* TEXT_VALUES: its name */
#define TAKE_ATTACHMENT 12 /* 2 + 2 * TEXT_VALUES: of its dma-buf, then the name of its device */
#define TAKE_IPC_PARAMS 13 /* 3: key, flags, size */
#define TAKE_IPC_PERM 14   /* 2: id, key */
#define TAKE_IATTR 15      /* 2: ia_valid, ia_size */
#define TAKE_TEXT 16       /* TEXT_VALUES: the first bytes of a string of the kernel's */
#define TEXT_VALUES 4

struct function_arg {
  u8 reg;  /* which argument of the function, from 0 */
  u8 take; /* TAKE_* */
  u8 at;   /* where its values begin in the record */
  u8 padding;
};
struct function_layout {
  u32 args;
  u32 values; /* of all arguments together */
  u32 wide;   /* 1: an argument takes more than FEW_FUNCTION_VALUES by itself */
  struct function_arg arg[MAX_FUNCTION_ARGS];
};

/*
 * One kernel stack whose return addresses the tracer has located: where they
 * lie, counted in words from `first`, and what they are. `depth` is the distance
 * from the program's context to the top of the kernel stack.
 */
#define KNOWN_SETS 64
#define KNOWN_WAYS 4
#define KNOWN_FRAMES 32
struct known_stack {
  u64 key;
  u32 depth;
  u32 site;
  u32 count; /* 0: empty. Written last. */
  u32 first; /* bytes above the context */
  u32 bytes; /* from `first` to the outermost return address, that included */
  u32 padding;
  u16 word[KNOWN_FRAMES];
  u64 ip[KNOWN_FRAMES];
};

#define CALIBRATION_PAGES 32

#define KNOWN_SET(depth, site) ((((depth) >> 3) ^ ((site)*21)) & (KNOWN_SETS - 1))

#endif
