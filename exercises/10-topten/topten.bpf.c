// SPDX-License-Identifier: BSD-2-Clause
//
// Runs in the kernel, each time that a page fault asks for a page of shared memory: the function
// shmem_fault. It counts, and sends nothing: who wants the numbers reads them from the map.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// TODO: a map that has a counter for each process, by its pid (which the kernel calls tgid)
// TODO: a program for shmem_fault, by kprobe or fentry, that counts for the process it runs in
