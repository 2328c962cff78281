/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which tasks are traced: children join at fork, a process leaves when it is taken apart. */
#include "call.bpf.h"

#define BINPRM_UNREADABLE 1 /* include/linux/binfmts.h: BINPRM_FLAGS_ENFORCE_NONDUMP */

u32 follow_forks __weak;
/* the tracer is not root: what it may not trace by ptrace it does not here */
u32 owner_only __weak;
u32 owner_uid __weak;
u32 owner_gid __weak;

static __always_inline void task_record(u64 id, u16 kind, u32 a, u32 b)
{
  struct task_change *rec = START_RECORD(task_change, id, kind);
  if (!rec) return;
  rec->a = a;
  rec->b = b;
  bpf_get_current_comm(rec->comm, sizeof(rec->comm));
  SUBMIT(rec);
}

/* (parent, child) */
static __always_inline void on_sched_process_fork(u64 *ctx)
{
  u64 id = traced_task();
  if (!id) return;
  struct task_struct *child = (void *)ctx[1];
  u32 tgid = child->tgid;
  u32 live = TASK_LIVE;
  if (tgid != id >> 32) { /* a process, not a thread */
    if (!follow_forks) return;
    bpf_map_update_elem(&tracked, &tgid, &live, BPF_ANY);
    take_slot(tgid);
  }
  task_record(id, REC_FORK, tgid, child->pid);
}
TRACEPOINT("tp_btf", sched_process_fork, AT_FORK)

#define IS_OWNER(cred, field, id) (READ(struct cred, cred, field.val) == (id))

/* After an exec: may the tracer's user look into it? As ptrace_may_access() decides, for a user
 * without capabilities: all ids his, no capability, a file that he may read. */
static __always_inline int has_other_rights(struct task_struct *task, struct linux_binprm *program)
{
  const void *cred = task->cred;
  if (program->interp_flags & BINPRM_UNREADABLE) return 1;
  if (kernel_number((const char *)cred + bpf_core_field_offset(struct cred, cap_permitted),
                    sizeof(kernel_cap_t)) &&
      READ(struct user_namespace, READ(struct cred, cred, user_ns), level) == 0)
    return 1;
  return !(IS_OWNER(cred, uid, owner_uid) && IS_OWNER(cred, euid, owner_uid) &&
           IS_OWNER(cred, suid, owner_uid) && IS_OWNER(cred, gid, owner_gid) &&
           IS_OWNER(cred, egid, owner_gid) && IS_OWNER(cred, sgid, owner_gid));
}

static __always_inline void stop_tracing(u32 tgid)
{
  give_slot(tgid);
  bpf_map_delete_elem(&tracked, &tgid);
}

/* (task, old tid, program) */
static __always_inline void on_sched_process_exec(u64 *ctx)
{
  u64 id = traced_task();
  if (!id) return;
  struct linux_binprm *program = (void *)ctx[2];
  send_late_at_exec(id, ctx[1], program->filename);
  const int over = owner_only && has_other_rights((void *)ctx[0], program);
  task_record(id, REC_EXEC, ctx[1], over);
  if (over) stop_tracing(id >> 32);
}
TRACEPOINT("tp_btf", sched_process_exec, AT_EXEC)

/* (task) */
static __always_inline void on_sched_process_exit(u64 *ctx)
{
  struct task_struct *task = (void *)ctx[0];
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  u32 *state = bpf_map_lookup_elem(&tracked, &tgid);
  if (!state) return;
  if (*state != TASK_HELD) task_record(id, REC_EXIT, task->exit_code, 0);
  /* do_exit() has already counted this thread off */
  if (task->signal->live.counter == 0) *state = TASK_ENDING;
}
TRACEPOINT("tp_btf", sched_process_exit, AT_EXIT)

/* (task). Not at sched_process_exit: the files are closed after it, and since 6.16 the mappings go
 * after it too. Another process may run here, and the thread that was traced is no more. */
static __always_inline void on_sched_process_free(u64 *ctx)
{
  struct task_struct *task = (void *)ctx[0];
  u32 tgid = task->tgid;
  if (task->pid != tgid) return; /* the leader is the last one */
  u32 *state = bpf_map_lookup_elem(&tracked, &tgid);
  if (!state || *state != TASK_ENDING) return; /* not traced, or another that got the number */
  stop_tracing(tgid);
}
TRACEPOINT("tp_btf", sched_process_free, AT_FREE)
