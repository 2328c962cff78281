/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What differs between architectures, and nothing else. arm64 will follow.
 * bpf_tracing.h takes the register names from here when __VMLINUX_H__ is set.
 */
#ifndef SHMPATH_BPF_ARCH_H
#define SHMPATH_BPF_ARCH_H

#if !defined(__TARGET_ARCH_x86)
#error "shmpath knows the registers of x86-64 only, so far"
#endif

#define __VMLINUX_H__

/* arch/x86/include/asm/ptrace.h: part of the kernel's ABI with its own entry code, never renamed */
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx;
  unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
  unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#define KERNEL_STACK_BYTES 16384 /* THREAD_SIZE without KASAN; a context outside it is noticed */
#define SYS_EXECVE 59
#define SYS_EXECVEAT 322
/* made by the kernel's own trampolines under a uprobe, so by us and not by the program */
#define SYS_URETPROBE 335
#define SYS_UPROBE 336

/* the system call a task is in, as it leaves it */
#define syscall_number(regs) ((u32)(regs)->orig_ax)

/* TS_COMPAT: the task is inside a 32-bit system call (arch/x86/include/asm/thread_info.h) */
#define TASK_COMPAT_STATUS 2

#endif
