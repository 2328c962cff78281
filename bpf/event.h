/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The records that the BPF programs put in the ring and the tracer takes out:
 * the only file that both sides include. Every field has a fixed width, nothing
 * is padded by the compiler, and the sizes are asserted.
 *
 * Strings and buffers travel as records of their own, ahead of the call record
 * they belong to on the same thread, so that a call without any stays small.
 */
#ifndef SHMPATH_BPF_EVENT_H
#define SHMPATH_BPF_EVENT_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
#else
#include <cstdint>
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using s32 = std::int32_t;
using u64 = std::uint64_t;
using s64 = std::int64_t;
#endif

/* kind */
#define REC_SYSCALL_ENTER 1   /* call_enter */
#define REC_SYSCALL_EXIT 2    /* call_exit */
#define REC_USER_ENTER 3      /* call_enter, id: index into the table of libc functions */
#define REC_USER_EXIT 4       /* call_exit */
#define REC_DATA 5            /* data: a string or buffer of the call record that follows */
#define REC_STEP 6            /* step_mark */
#define REC_FAULT 7           /* fault */
#define REC_PAGE_ALLOC 8      /* page_alloc */
#define REC_LRU_INSERT 9      /* lru_insert */
#define REC_UNMAPPED_AREA 10  /* unmapped_area */
#define REC_FORK 11           /* task_change: a is the child's tgid, b its tid */
#define REC_EXEC 12           /* task_change: a is the tid before, comm the new one; b: see there */
#define REC_EXIT 13           /* task_change: a is exit_code as the kernel keeps it */
#define REC_LOST 14           /* lost */
#define REC_STACK 15          /* stack_sample */
#define REC_FUNCTION_ENTER 16 /* function_enter */
#define REC_FUNCTION_EXIT 17  /* call_exit, id: index into the table of kernel functions */
#define REC_MODULE 18         /* task_change: a module was loaded, whose name comm begins with */
#define REC_FRAMES 19         /* stack_record: ahead of the first record with that stack */
#define REC_FAULT_COUNTS 20   /* fault_count: only the syscalls view has them */

/* flags of a call record */
#define CALL_COMPAT 1 /* a 32-bit system call: other numbers, other arguments */

/* flags of a step_mark */
#define STEP_STOPPED 1 /* the process was sent SIGSTOP: it waits here */

#define MAX_CALL_ARGS 6
#define MAX_DATA 1024       /* bytes of one string or buffer */
#define MAX_FRAMES 48       /* frames of one kernel stack */
#define MAX_STACK_COPY 4096 /* bytes of kernel stack looked at for return addresses */
#define MAX_SYSCALLS 1024
#define MAX_USER_CALLS 64
#define MAX_FUNCTIONS 512      /* kernel functions probed at once */
#define MAX_FUNCTION_ARGS 6    /* arguments shown of one, all passed in registers */
#define MAX_FUNCTION_VALUES 16 /* numbers that these take in its record */
#define FEW_FUNCTION_VALUES 4  /* enough for most: their records stay small */
#define SOME_FUNCTION_VALUES 8 /* enough for nearly all */
#define MAX_CALLERS 32

struct record {
  u64 t;    /* ns, CLOCK_MONOTONIC */
  u32 tgid; /* 0 in a record that belongs to no task */
  u32 tid;
  u16 kind;
  u16 flags;
  u32 size; /* of the whole record: a shorter one is refused */
};

struct call_enter {
  struct record head;
  u32 id;      /* system call number, or index of the libc function */
  u32 strings; /* bit i: argument i is a string; a data record carries it */
  u64 args[MAX_CALL_ARGS];
};

struct call_exit {
  struct record head;
  u32 id;
  u32 padding;
  s64 ret;
};

/* status of data */
#define DATA_READ 0
#define DATA_UNREAD 1 /* the page was not resident, or the address is bad */
#define DATA_CUT 2    /* longer than MAX_DATA */

/* A kernel function as it is entered; a record ends after the values it has room for. */
struct function_enter {
  struct record head;
  u32 id;
  u32 callers; /* how many return addresses follow the values; 0 in a small record */
  u64 values[MAX_FUNCTION_VALUES];
  u64 caller[MAX_CALLERS]; /* innermost first, the tracer's own among them */
};

struct data {
  struct record head;
  u8 arg;     /* which argument */
  u8 status;  /* DATA_* */
  u8 at_exit; /* 1: belongs to the exit record that follows */
  u8 is_string;
  u32 length; /* of bytes, without the closing NUL of a string */
  char bytes[MAX_DATA];
};

struct step_mark {
  struct record head;
  u32 number;
  u32 length;
  char text[120];
};

struct fault {
  struct record head;
  u64 address;
  u64 ip;
  u32 error_code; /* the CPU's: bit 0 present, bit 1 write, bit 2 user, bit 4 fetch */
  u32 in_kernel;  /* 1: taken in kernel mode, on behalf of the task */
};

/* Page faults of a process since the last such record. */
struct fault_count {
  struct record head;
  u64 minor_faults;
  u64 major_faults;
};

struct page_alloc {
  struct record head;
  u64 page;  /* address of the struct page */
  u64 stack; /* key of a stack_record, 0: not recorded */
  u32 order;
  u32 gfp;
};

struct lru_insert {
  struct record head;
  u64 page;
  u64 stack;
  u64 flags;   /* page->flags */
  u64 inode;   /* 0 for an anonymous folio */
  u64 index;   /* page offset in the object */
  u32 owner;   /* tgid that allocated the folio while traced, 0: not known */
  u32 foreign; /* 1: the current task is not traced */
  char comm[16];
};

struct unmapped_area {
  struct record head;
  u64 address; /* the start of the area found, or an error */
  u64 length;
  u64 stack;
};

/* Of REC_EXEC, b is 1 when the process is traced no further: its rights are not the tracer's. */
struct task_change {
  struct record head;
  u32 a;
  u32 b;
  char comm[16];
};

struct lost {
  struct record head;
  u64 count; /* records refused by a full ring on this CPU since its last record */
};

/* The return addresses of a stack that was unwound. */
struct stack_frames {
  u32 count;
  u32 padding;
  u64 ip[MAX_FRAMES];   /* innermost first */
  u64 call[MAX_FRAMES]; /* the 8 bytes of code that end at ip */
};

/* Sent, not looked up: while a process is in a bpf() call that reads a map, the kernel runs no
 * other program on its CPU, and what is due there meanwhile is missed. */
struct stack_record {
  struct record head;
  u64 key;
  struct stack_frames frames;
};

/* The words that a stack lies in, for learning where its return addresses are. */
struct stack_sample {
  struct record head;
  u64 key;   /* of its stack_record */
  u32 depth; /* bytes from the context of the program to the top of the kernel stack */
  u32 site;  /* which program asked */
  u8 words[MAX_STACK_COPY];
};

#ifdef __cplusplus
static_assert(sizeof(struct record) == 24);
static_assert(sizeof(struct call_enter) == 80);
static_assert(sizeof(struct call_exit) == 40);
static_assert(sizeof(struct function_enter) == 32 + 8 * (MAX_FUNCTION_VALUES + MAX_CALLERS));
static_assert(sizeof(struct data) == 32 + MAX_DATA);
static_assert(sizeof(struct step_mark) == 152);
static_assert(sizeof(struct fault) == 48);
static_assert(sizeof(struct fault_count) == 40);
static_assert(sizeof(struct page_alloc) == 48);
static_assert(sizeof(struct lru_insert) == 88);
static_assert(sizeof(struct unmapped_area) == 48);
static_assert(sizeof(struct task_change) == 48);
static_assert(sizeof(struct lost) == 32);
static_assert(sizeof(struct stack_frames) == 8 + 16 * MAX_FRAMES);
static_assert(sizeof(struct stack_record) == 40 + 16 * MAX_FRAMES);
static_assert(sizeof(struct stack_sample) == 40 + MAX_STACK_COPY);
#endif

#endif
