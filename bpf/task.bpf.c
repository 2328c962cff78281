/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which tasks are traced: children join at fork, a process leaves with its last thread. */
#include "shmpath.bpf.h"

u32 follow_forks __weak;

static __always_inline void task_record(u64 id, u16 kind, u32 a, u32 b)
{
  struct task_change *rec = START_RECORD(task_change, id, kind);
  if (!rec) return;
  rec->a = a;
  rec->b = b;
  bpf_get_current_comm(rec->comm, sizeof(rec->comm));
  SUBMIT(rec);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
  u64 id = traced_task();
  if (!id) return 0;
  u32 tgid = child->tgid;
  u32 live = TASK_LIVE;
  if (tgid != id >> 32) { /* a process, not a thread */
    if (!follow_forks) return 0;
    bpf_map_update_elem(&tracked, &tgid, &live, BPF_ANY);
    take_slot(tgid);
  }
  task_record(id, REC_FORK, tgid, child->pid);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_tid)
{
  u64 id = traced_task();
  if (id) task_record(id, REC_EXEC, old_tid, 0);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  u32 *state = bpf_map_lookup_elem(&tracked, &tgid);
  if (!state) return 0;
  if (*state == TASK_LIVE) task_record(id, REC_EXIT, BPF_CORE_READ(task, exit_code), 0);
  /* do_exit() has already counted this thread off */
  if (BPF_CORE_READ(task, signal, live.counter) == 0) {
    give_slot(tgid);
    bpf_map_delete_elem(&tracked, &tgid);
  }
  return 0;
}
