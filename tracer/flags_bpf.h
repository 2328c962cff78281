// SPDX-License-Identifier: BSD-2-Clause
//
// Names of the commands of bpf(2), and of the types of programs and maps.
#pragma once

#include <linux/bpf.h>

#include "tracer/call_tables.h"

namespace shmpath {

inline constexpr Name bpf_commands[] = {
    N(BPF_MAP_CREATE),        N(BPF_MAP_LOOKUP_ELEM),
    N(BPF_MAP_UPDATE_ELEM),   N(BPF_MAP_DELETE_ELEM),
    N(BPF_MAP_GET_NEXT_KEY),  N(BPF_PROG_LOAD),
    N(BPF_OBJ_PIN),           N(BPF_OBJ_GET),
    N(BPF_PROG_ATTACH),       N(BPF_PROG_DETACH),
    N(BPF_PROG_TEST_RUN),     N(BPF_PROG_GET_NEXT_ID),
    N(BPF_MAP_GET_NEXT_ID),   N(BPF_PROG_GET_FD_BY_ID),
    N(BPF_MAP_GET_FD_BY_ID),  N(BPF_OBJ_GET_INFO_BY_FD),
    N(BPF_PROG_QUERY),        N(BPF_RAW_TRACEPOINT_OPEN),
    N(BPF_BTF_LOAD),          N(BPF_BTF_GET_FD_BY_ID),
    N(BPF_TASK_FD_QUERY),     N(BPF_MAP_LOOKUP_AND_DELETE_ELEM),
    N(BPF_MAP_FREEZE),        N(BPF_BTF_GET_NEXT_ID),
    N(BPF_MAP_LOOKUP_BATCH),  N(BPF_MAP_LOOKUP_AND_DELETE_BATCH),
    N(BPF_MAP_UPDATE_BATCH),  N(BPF_MAP_DELETE_BATCH),
    N(BPF_LINK_CREATE),       N(BPF_LINK_UPDATE),
    N(BPF_LINK_GET_FD_BY_ID), N(BPF_LINK_GET_NEXT_ID),
    N(BPF_ENABLE_STATS),      N(BPF_ITER_CREATE),
    N(BPF_LINK_DETACH),       N(BPF_PROG_BIND_MAP)};

inline constexpr Name bpf_map_types[] = {N(BPF_MAP_TYPE_UNSPEC),
                                         N(BPF_MAP_TYPE_HASH),
                                         N(BPF_MAP_TYPE_ARRAY),
                                         N(BPF_MAP_TYPE_PROG_ARRAY),
                                         N(BPF_MAP_TYPE_PERF_EVENT_ARRAY),
                                         N(BPF_MAP_TYPE_PERCPU_HASH),
                                         N(BPF_MAP_TYPE_PERCPU_ARRAY),
                                         N(BPF_MAP_TYPE_STACK_TRACE),
                                         N(BPF_MAP_TYPE_CGROUP_ARRAY),
                                         N(BPF_MAP_TYPE_LRU_HASH),
                                         N(BPF_MAP_TYPE_LRU_PERCPU_HASH),
                                         N(BPF_MAP_TYPE_LPM_TRIE),
                                         N(BPF_MAP_TYPE_ARRAY_OF_MAPS),
                                         N(BPF_MAP_TYPE_HASH_OF_MAPS),
                                         N(BPF_MAP_TYPE_DEVMAP),
                                         N(BPF_MAP_TYPE_SOCKMAP),
                                         N(BPF_MAP_TYPE_CPUMAP),
                                         N(BPF_MAP_TYPE_XSKMAP),
                                         N(BPF_MAP_TYPE_SOCKHASH),
                                         N(BPF_MAP_TYPE_CGROUP_STORAGE),
                                         N(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY),
                                         N(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE),
                                         N(BPF_MAP_TYPE_QUEUE),
                                         N(BPF_MAP_TYPE_STACK),
                                         N(BPF_MAP_TYPE_SK_STORAGE),
                                         N(BPF_MAP_TYPE_DEVMAP_HASH),
                                         N(BPF_MAP_TYPE_STRUCT_OPS),
                                         N(BPF_MAP_TYPE_RINGBUF),
                                         N(BPF_MAP_TYPE_INODE_STORAGE),
                                         N(BPF_MAP_TYPE_TASK_STORAGE),
                                         N(BPF_MAP_TYPE_BLOOM_FILTER),
                                         N(BPF_MAP_TYPE_USER_RINGBUF)};

inline constexpr Name bpf_program_types[] = {N(BPF_PROG_TYPE_UNSPEC),
                                             N(BPF_PROG_TYPE_SOCKET_FILTER),
                                             N(BPF_PROG_TYPE_KPROBE),
                                             N(BPF_PROG_TYPE_SCHED_CLS),
                                             N(BPF_PROG_TYPE_SCHED_ACT),
                                             N(BPF_PROG_TYPE_TRACEPOINT),
                                             N(BPF_PROG_TYPE_XDP),
                                             N(BPF_PROG_TYPE_PERF_EVENT),
                                             N(BPF_PROG_TYPE_CGROUP_SKB),
                                             N(BPF_PROG_TYPE_CGROUP_SOCK),
                                             N(BPF_PROG_TYPE_LWT_IN),
                                             N(BPF_PROG_TYPE_LWT_OUT),
                                             N(BPF_PROG_TYPE_LWT_XMIT),
                                             N(BPF_PROG_TYPE_SOCK_OPS),
                                             N(BPF_PROG_TYPE_SK_SKB),
                                             N(BPF_PROG_TYPE_CGROUP_DEVICE),
                                             N(BPF_PROG_TYPE_SK_MSG),
                                             N(BPF_PROG_TYPE_RAW_TRACEPOINT),
                                             N(BPF_PROG_TYPE_CGROUP_SOCK_ADDR),
                                             N(BPF_PROG_TYPE_LWT_SEG6LOCAL),
                                             N(BPF_PROG_TYPE_LIRC_MODE2),
                                             N(BPF_PROG_TYPE_SK_REUSEPORT),
                                             N(BPF_PROG_TYPE_FLOW_DISSECTOR),
                                             N(BPF_PROG_TYPE_CGROUP_SYSCTL),
                                             N(BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE),
                                             N(BPF_PROG_TYPE_CGROUP_SOCKOPT),
                                             N(BPF_PROG_TYPE_TRACING),
                                             N(BPF_PROG_TYPE_STRUCT_OPS),
                                             N(BPF_PROG_TYPE_EXT),
                                             N(BPF_PROG_TYPE_LSM),
                                             N(BPF_PROG_TYPE_SK_LOOKUP),
                                             N(BPF_PROG_TYPE_SYSCALL)};

}  // namespace shmpath
