// SPDX-License-Identifier: BSD-2-Clause
//
// Runs in the kernel, each time that a page fault asks for a page of shared memory: the function
// shmem_fault. It counts, and sends nothing: who wants the numbers reads them from the map.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// BEGIN SOLUTION 10
// todo: a map that has a counter for each process, by its pid (which the kernel calls tgid)
// todo: a program for shmem_fault, by kprobe or fentry, that counts for the process it runs in
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 10240);
  __type(key, __u32);
  __type(value, __u64);
} faults SEC(".maps");

SEC("kprobe/shmem_fault")
int count_fault(void* ctx) {
  __u32 pid = bpf_get_current_pid_tgid() >> 32;
  __u64 none = 0;
  __u64* count = bpf_map_lookup_elem(&faults, &pid);
  if (!count) {
    bpf_map_update_elem(&faults, &pid, &none, BPF_NOEXIST);
    count = bpf_map_lookup_elem(&faults, &pid);
  }
  if (count) __sync_fetch_and_add(count, 1);
  return 0;
}
// END SOLUTION 10
