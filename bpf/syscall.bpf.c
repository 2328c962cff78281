/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* System calls: entry with arguments, return with the result. */
#include "call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct call_layout syscall_layout[MAX_SYSCALLS] __weak;

static __always_inline u16 compat_flag(void)
{
  struct task_struct *task = (void *)bpf_get_current_task();
  return READ(struct task_struct, task, thread_info.status) & TASK_COMPAT_STATUS ? CALL_COMPAT : 0;
}

static __always_inline struct call_layout layout_of(u32 number, u16 flags)
{
  struct call_layout none = {};
  return number < MAX_SYSCALLS && !flags ? syscall_layout[below(number, MAX_SYSCALLS)] : none;
}

static __always_inline u64 nth(const u64 *args, u32 n)
{
  return n == 0   ? args[0]
         : n == 1 ? args[1]
         : n == 2 ? args[2]
         : n == 3 ? args[3]
         : n == 4 ? args[4]
                  : args[5];
}

#define SYSCALL_ARGS(regs)                                                                 \
  {                                                                                        \
    PT_REGS_PARM1_SYSCALL(regs), PT_REGS_PARM2_SYSCALL(regs), PT_REGS_PARM3_SYSCALL(regs), \
        PT_REGS_PARM4_SYSCALL(regs), PT_REGS_PARM5_SYSCALL(regs), (regs)->r9               \
  }

static __always_inline int ours(u32 number)
{
  return number == SYS_URETPROBE || number == SYS_UPROBE;
}

/* The held target's first traced call is its execve. */
static __always_inline int starts_now(u32 number)
{
  if (number != SYS_EXECVE && number != SYS_EXECVEAT) return 0;
  u32 tgid = bpf_get_current_pid_tgid() >> 32;
  u32 *state = bpf_map_lookup_elem(&tracked, &tgid);
  if (!state || *state != TASK_HELD) return 0;
  *state = TASK_LIVE;
  take_slot(tgid);
  return 1;
}

/* (regs, number) */
static __always_inline void on_sys_enter(u64 *ctx)
{
  struct pt_regs *regs = (void *)ctx[0];
  u32 number = ctx[1];
  u64 id = traced_task();
  if (!id) {
    if (!starts_now(number)) return;
    id = bpf_get_current_pid_tgid();
  }
  if (ours(number)) return;
  u16 flags = compat_flag();
  u64 args[MAX_CALL_ARGS] = SYSCALL_ARGS(regs);
  enter_call(id, REC_SYSCALL_ENTER, flags, number, layout_of(number, flags).strings, args);
}
TRACEPOINT("tp_btf", sys_enter, AT_SYS_ENTER)

/* (regs, ret) */
static __always_inline void on_sys_exit(u64 *ctx)
{
  u64 id = traced_task();
  if (!id) return;
  struct pt_regs *regs = (void *)ctx[0];
  long ret = ctx[1];
  u16 flags = compat_flag();
  u32 number = syscall_number(regs);
  if (ours(number)) return;
  struct call_layout layout = layout_of(number, flags);
  if (layout.strings) send_late_strings(id, REC_SYSCALL_ENTER);
  if (layout.buffer_arg && ret >= 0) {
    u64 args[MAX_CALL_ARGS] = SYSCALL_ARGS(regs);
    u32 arg = layout.buffer_arg - 1;
    if (nth(args, arg)) send_data(id, arg, nth(args, arg), layout.buffer_bytes, 1);
  }
  exit_call(id, REC_SYSCALL_EXIT, flags, number, ret);
}
TRACEPOINT("tp_btf", sys_exit, AT_SYS_EXIT)
